import { answerText, portArgument, serve } from '../../shared/serve.ts';
import { routes } from './routes.ts';

/** Methods that the routes named after them answer, and no other. */
const methods: Record<string, string> = {
  '/get': 'GET',
  '/post': 'POST',
  '/put': 'PUT',
  '/patch': 'PATCH',
  '/delete': 'DELETE',
};

serve(portArgument(80), 'httpbin', async (request, response, url) => {
  const wanted = methods[url.pathname];
  const isHead = request.method === 'HEAD' && wanted === 'GET';
  if (wanted && wanted !== request.method && !isHead) {
    response.setHeader('allow', wanted);
    return answerText(response, 405, 'method not allowed\n');
  }
  for (const [pattern, handle] of routes) {
    const match = pattern.exec(url.pathname);
    if (match) return handle({ request, response, url, parts: match.slice(1) });
  }
  answerText(response, 404, 'not found\n');
});
