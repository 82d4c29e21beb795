import { answerJson, portArgument, serve } from '../../../shared/serve.ts';
import { propagatedHeaders } from '../shared/headers.ts';
import { get } from '../shared/upstream.ts';

const useExternalService = process.env.ENABLE_EXTERNAL_BOOK_SERVICE === 'true';
const plainText = process.env.DO_NOT_ENCRYPT === 'true';
const isbn = '0486424618';

serve(portArgument(9080), 'details', async (request, response, url) => {
  if (url.pathname === '/health') return answerJson(response, 200, { status: 'Details is healthy' });
  const match = /^\/details\/([^/]*)$/.exec(url.pathname);
  if (!match) return answerJson(response, 404, { error: 'not found' });
  if (!/^[+-]?\d+$/.test(match[1]!)) {
    return answerJson(response, 400, { error: 'please provide numeric product id' });
  }
  const id = Number(match[1]);
  const details = useExternalService
    ? await fetchDetails(id, propagatedHeaders(request.headers))
    : knownDetails(id);
  answerJson(response, 200, details);
});

function knownDetails(id: number): object {
  return {
    id,
    author: 'William Shakespeare',
    year: 1595,
    type: 'paperback',
    pages: 200,
    publisher: 'PublisherA',
    language: 'English',
    'ISBN-10': '1234567890',
    'ISBN-13': '123-1234567890',
  };
}

async function fetchDetails(id: number, headers: Record<string, string>): Promise<object> {
  const scheme = plainText ? 'http' : 'https';
  const { body } = await get(`${scheme}://www.googleapis.com/books/v1/volumes?q=isbn:${isbn}`, headers, 5000);
  const book = JSON.parse(body).items[0].volumeInfo;
  const identifier = (type: string) =>
    book.industryIdentifiers.find((candidate: { type: string }) => candidate.type === type)?.identifier;
  return {
    id,
    author: book.authors[0],
    year: book.publishedDate,
    type: book.printType === 'BOOK' ? 'paperback' : 'unknown',
    pages: book.pageCount,
    publisher: book.publisher,
    language: book.language === 'en' ? 'English' : 'unknown',
    'ISBN-10': identifier('ISBN_10'),
    'ISBN-13': identifier('ISBN_13'),
  };
}
