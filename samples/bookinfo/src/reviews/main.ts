import { answerJson, portArgument, serve } from '../../../shared/serve.ts';
import { propagatedHeaders } from '../shared/headers.ts';
import { get, serviceUrl } from '../shared/upstream.ts';

const withRatings = process.env.ENABLE_RATINGS === 'true';
const starColor = process.env.STAR_COLOR || 'black';
// Part of the story: version 2 is more patient than the page that calls it, and so hides a slow ratings service.
const ratingsTimeout = starColor === 'black' ? 10_000 : 2_500;

const texts = {
  Reviewer1: 'An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!',
  Reviewer2:
    'Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.',
};

serve(portArgument(9080), 'reviews', async (request, response, url) => {
  if (url.pathname === '/health') return answerJson(response, 200, { status: 'Reviews is healthy' });
  const match = /^\/reviews\/(\d+)$/.exec(url.pathname);
  if (!match) return answerJson(response, 404, { error: 'not found' });
  const ratings = withRatings ? await fetchRatings(match[1]!, propagatedHeaders(request.headers)) : undefined;
  answerJson(response, 200, {
    id: match[1],
    podname: process.env.HOSTNAME ?? 'null',
    clustername: process.env.CLUSTER_NAME ?? 'null',
    reviews: Object.entries(texts).map(([reviewer, text]) => ({
      reviewer,
      text,
      ...rating(ratings, reviewer),
    })),
  });
});

type Ratings = Record<string, number> | 'unavailable' | undefined;

function rating(ratings: Ratings, reviewer: string): object {
  if (ratings === undefined) return {};
  if (ratings === 'unavailable') return { rating: { error: 'Ratings service is currently unavailable' } };
  return { rating: { stars: ratings[reviewer] ?? -1, color: starColor } };
}

async function fetchRatings(id: string, headers: Record<string, string>): Promise<Ratings> {
  try {
    const { status, body } = await get(`${serviceUrl('ratings')}/ratings/${id}`, headers, ratingsTimeout);
    if (status === 200) return JSON.parse(body).ratings;
    console.error(`ratings answered ${status}`);
  } catch (error) {
    console.error(`ratings: ${(error as Error).message}`);
  }
  return 'unavailable';
}
