// Pages in place of a content: gateways of hotels and companies answer so whatever they are asked, with 200. They must not be taken
// for a content that the service delivers in another size than it says.
import type { Exchange } from '../../http/exchange.ts';
import type { Item } from '../drive.ts';

const htmlType = /^\s*(text\/html|application\/xhtml\+xml)\b/i;
const htmlName = /\.([xs]?html?|xht|mht|mhtml|aspx?|php|jsp)$/i;
/** Narrower than what tells a page from JSON: XML files begin with `<` too. */
const pageStart = /^(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body|script|meta|title)\b/i;
const startLength = 200;

/** Nothing tells a page from the content of such a file. */
export const isPageItself = ({ name, facts }: Item): boolean =>
  htmlName.test(name) || htmlType.test(facts['mime_type'] ?? '');

const startOf = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  let start = '';
  for await (const piece of body) {
    start += Buffer.from(piece.subarray(0, startLength)).toString('latin1');
    if (start.length >= startLength) break;
  }
  return start.slice(0, startLength);
};

/** The answer says that it is a page. */
export const saysPage = (opened: Exchange): boolean => htmlType.test(opened.header('content-type') ?? '');

/** For answers that are of another length than the item. Uses the body up, unless that has no length. */
export const isWebPage = async (opened: Exchange, item: Item): Promise<boolean> => {
  if (isPageItself(item)) return false;
  if (saysPage(opened)) return true;
  return opened.header('content-length') !== undefined && pageStart.test(await startOf(opened.body));
};
