import { type Answer, get, serviceUrl } from '../shared/upstream.ts';
import { count } from './metrics.ts';

export interface Product {
  readonly id: number;
  readonly title: string;
  readonly descriptionHtml: string;
}

export const products: readonly Product[] = [
  {
    id: 0,
    title: 'The Comedy of Errors',
    descriptionHtml:
      'One of <b>William Shakespeare’s</b> earliest and shortest plays: two pairs of twins, separated at sea as children, arrive in the same town on the same day, and nobody knows whom they are talking to. <a href="https://en.wikipedia.org/wiki/The_Comedy_of_Errors">More about the play</a>',
  },
];

/** What a service answered: its status and JSON, or a status of its own and a sentence for the reader. */
export interface Result {
  readonly status: number;
  readonly value: any;
}

/** The page waits this long to connect and for each answer. */
const timeout = 3000;

export function productDetails(id: number, headers: Record<string, string>): Promise<Result> {
  return ask('details', `/details/${id}`, headers, 'product details', 1);
}

// Part of the story: a second try hides one failure, and doubles the time that a slow service costs.
export function productReviews(id: number, headers: Record<string, string>): Promise<Result> {
  return ask('reviews', `/reviews/${id}`, headers, 'product reviews', 2);
}

export function productRatings(id: number, headers: Record<string, string>): Promise<Result> {
  return ask('ratings', `/ratings/${id}`, headers, 'product ratings', 1);
}

async function ask(
  service: string,
  path: string,
  headers: Record<string, string>,
  subject: string,
  tries: number,
): Promise<Result> {
  let answer: Answer | undefined;
  for (let attempt = 0; attempt < tries; attempt++) {
    answer = await get(serviceUrl(service) + path, headers, timeout).catch((error) => {
      console.error(`${service}: ${error.message}`);
      return undefined;
    });
    if (answer?.status !== 200) continue;
    count(service, 200);
    return { status: 200, value: JSON.parse(answer.body) };
  }
  const status = answer?.status || 500;
  count(service, status);
  return { status, value: { error: `Sorry, ${subject} are currently unavailable for this book.` } };
}

/** Calls that nobody waits for, to put load on reviews: `FLOOD_FACTOR` of them a page. */
export function flood(headers: Record<string, string>): void {
  for (let call = 0; call < Number(process.env.FLOOD_FACTOR || 0); call++) {
    void productReviews(0, headers).catch(() => {});
  }
}
