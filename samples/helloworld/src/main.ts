import { answerText, portArgument, serve } from '../../shared/serve.ts';

const version = process.env.SERVICE_VERSION || 'v1';

serve(portArgument(5000), `helloworld ${version}`, (_request, response, url) => {
  if (url.pathname === '/hello') {
    return answerText(response, 200, `Hello version: ${version}, instance: ${process.env.HOSTNAME ?? ''}\n`);
  }
  if (url.pathname === '/health') return answerText(response, 200, 'Helloworld is healthy');
  answerText(response, 404, 'not found\n');
});
