/** Elements of a bus configuration. Values are checked names already; escaping is the second fence. */

export type Attributes = Readonly<Record<string, string>>;

export function element(name: string, attributes: Attributes, content?: readonly string[]): string {
  const start = `${name}${Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`).join('')}`;
  return content === undefined ? `<${start}/>` : `<${start}>\n${content.map((line) => line.replace(/^/gm, '  ')).join('\n')}\n</${name}>`;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

export function busConfigFile(content: readonly string[]): string {
  const type = '"-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd"';
  return `<!DOCTYPE busconfig PUBLIC ${type}>\n${element('busconfig', {}, content)}\n`;
}
