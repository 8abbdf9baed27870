import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import type { ReportData } from "./format/data.ts";

/**
 * Returns a page that shows the data, as one file that asks for nothing else. What a program named or wrote is in it as
 * JSON, which no browser takes for markup, and its policy lets run no script but its own.
 */
export function pageOf(data: ReportData): string {
  const script = partOf("report-page.js");
  const style = partOf("report-page.css");
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>rewindfs report</title>
<style>${style}</style>
</head>
<body>
<main id="page"><noscript>This report needs scripts, of which it brings its own alone.</noscript></main>
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Returns JSON that neither ends nor begins an element of a page. */
function jsonInHtml(data: ReportData): string {
  return JSON.stringify(data)
    .replaceAll("<", String.raw`\u003c`)
    .replaceAll("\u2028", String.raw`\u2028`)
    .replaceAll("\u2029", String.raw`\u2029`);
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** Reads a part of the page, which the build makes. */
function partOf(name: string): string {
  const folder = import.meta.url.endsWith(".ts") ? "../../dist/" : "./";
  const text = readFileSync(new URL(folder + name, import.meta.url), "utf8");
  if (/<\/(?:script|style)/i.test(text)) throw new TypeError(`${name} ends its own element`);
  return text;
}
