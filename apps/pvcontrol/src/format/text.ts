/** How much room text takes on a terminal, and text that can be shown there. Pure. */
import { printable } from '@pv/runtime/log';

const nothing = /[\p{Mn}\p{Me}]/u;
const twoCells = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u;

/** In cells. */
export function width(text: string): number {
  return [...text].reduce((sum, char) => sum + (nothing.test(char) ? 0 : twoCells.test(char) ? 2 : 1), 0);
}

/** One line; controls, and characters that are not seen but change how others are shown (such as a change of direction), escaped. */
export function visible(text: string): string {
  return printable(text.replaceAll('\t', ' ')).replace(/\p{Cf}/gu, (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** At most so many cells; `…` stands for what is left out. */
export function shorten(text: string, cells: number): string {
  if (width(text) <= cells) return text;
  let kept = '';
  for (const char of text) {
    if (width(kept + char) > cells - 1) break;
    kept += char;
  }
  return `${kept}…`;
}
