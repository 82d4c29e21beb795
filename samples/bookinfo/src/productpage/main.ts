import type http from 'node:http';
import { answerJson, answerText, portArgument, readAll, serve } from '../../../shared/serve.ts';
import { propagatedHeaders } from '../shared/headers.ts';
import { serviceUrl } from '../shared/upstream.ts';
import { flood, productDetails, productRatings, productReviews, products } from './catalogue.ts';
import { metricsText } from './metrics.ts';
import { indexPage, productPage } from './page.ts';
import { sealUser, userOf } from './session.ts';

const page = 'text/html; charset=utf-8';

serve(portArgument(9080), 'productpage', async (request, response, url) => {
  switch (url.pathname) {
    case '/':
    case '/index.html':
      return answerText(response, 200, indexPage(serviceTree()), page);
    case '/health':
      return answerText(response, 200, 'Product page is healthy');
    case '/login':
      return login(request, response);
    case '/logout':
      return redirect(request, response, 'session=; Path=/; Max-Age=0; HttpOnly');
    case '/productpage':
      return front(request, response);
    case '/metrics':
      return answerText(response, 200, metricsText(), 'text/plain; version=0.0.4; charset=utf-8');
    case '/api/v1/products':
      return answerJson(response, 200, products);
  }
  return api(request, response, url.pathname);
});

/** What calls to other services carry: the trace, and who is signed in. */
function outgoing(request: http.IncomingMessage): Record<string, string> {
  const user = userOf(request.headers.cookie);
  const { 'end-user': _, ...headers } = propagatedHeaders(request.headers);
  return user ? { ...headers, 'end-user': user } : headers;
}

async function front(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const headers = outgoing(request);
  flood(headers);
  const details = await productDetails(0, headers);
  const reviews = await productReviews(0, headers);
  answerText(
    response,
    200,
    productPage(products[0]!, details, reviews, userOf(request.headers.cookie)),
    page,
  );
}

async function api(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  path: string,
): Promise<void> {
  const match = /^\/api\/v1\/products\/(\d+)(\/reviews|\/ratings)?$/.exec(path);
  if (!match) return answerText(response, 404, 'not found\n');
  const ask =
    match[2] === '/reviews' ? productReviews : match[2] === '/ratings' ? productRatings : productDetails;
  const { status, value } = await ask(Number(match[1]), outgoing(request));
  answerJson(response, status, value);
}

async function login(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  if (request.method !== 'POST') return answerText(response, 405, 'sign in with POST\n');
  const form = new URLSearchParams((await readAll(request)).toString('utf8'));
  redirect(request, response, `session=${sealUser(form.get('username') ?? '')}; Path=/; HttpOnly`);
}

/** Back to the page the reader came from. */
function redirect(request: http.IncomingMessage, response: http.ServerResponse, cookie: string): void {
  const location = request.headers.referer ?? '/productpage';
  response.writeHead(302, { location, 'set-cookie': cookie, 'content-length': 0 });
  response.end();
}

function serviceTree(): Array<{ name: string; endpoint: string; calls: string }> {
  return [
    { name: 'productpage', endpoint: 'this page', calls: 'details, reviews' },
    { name: 'details', endpoint: serviceUrl('details'), calls: '' },
    { name: 'reviews', endpoint: serviceUrl('reviews'), calls: 'ratings' },
    { name: 'ratings', endpoint: serviceUrl('ratings'), calls: '' },
  ];
}
