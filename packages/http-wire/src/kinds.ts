/** The two kinds of messages, for a `MessageReader`. */
import type { MessageKind } from './reader.ts';
import { parseRequestHead, parseRequestLine, type RequestHead } from './request.ts';
import { parseResponseHead, parseStatusLine, type ResponseHead } from './response.ts';

export const requests: MessageKind<RequestHead> = { parse: parseRequestHead, checkStart: parseRequestLine, mayFollowEmptyLine: true };
export const responses: MessageKind<ResponseHead> = { parse: parseResponseHead, checkStart: parseStatusLine, mayFollowEmptyLine: false };
