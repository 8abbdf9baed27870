import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";

import { ShapeError, checkGlue } from "../../../src/run/component/glue-shape.ts";
import { mostHandles } from "../../../src/run/component/handles.ts";
import { translate } from "../../../src/run/translate/translate.ts";
import { command, componentFrom, nested } from "../../support/component.ts";
import { some } from "../../support/some.ts";
import { guests } from "../support.ts";

const glueOf = async (component: Uint8Array): Promise<string> =>
  new TextDecoder().decode((await translate("guest", component)).glue);

describe("glue", () => {
  let sound = "";
  beforeAll(async () => {
    sound = await glueOf(readFileSync(guests.direct()));
  });

  test("of components that were made with other tools is of the known shape", async () => {
    expect(() => checkGlue(sound)).not.toThrow();
    for (const form of [command, nested]) {
      const glue = await glueOf(await componentFrom(form()));
      expect(() => checkGlue(glue)).not.toThrow();
    }
  });

  /** Texts that stand for a core export between `exports0['` and `']`, and lead out of the quotes. */
  const escapes = [
    "x'];globalThis.process.exit(42);exports0['x",
    "x'];process.exit(42);exports0['x",
    "x'],process.exit(42),exports0['x",
    "x']||process.exit(42)||exports0['x",
    "x'];import('node:fs');exports0['x",
    "x'];eval('1');exports0['x",
    "x'];Function('1')();exports0['x",
    "x'];(()=>{}).constructor('1')();exports0['x",
    "x'];(()=>{})['constructor']('1')();exports0['x",
    "x'];(()=>{})['con'+'structor']('1')();exports0['x",
    "x'];let i=0;i='con'+'structor';(()=>{})[i]('1')();exports0['x",
    "x'];{const symbolRep='con'+'structor';(()=>{})[symbolRep]('1')();};exports0['x",
    "x'];{const symbolDispose='con'+'structor';(()=>{})[symbolDispose]('1')();};exports0['x",
    "x'];const {constructor:f}=()=>{};f('1')();exports0['x",
    "x'];const {['con'+'structor']:f}=()=>{};f('1')();exports0['x",
    "x'];Object.getPrototypeOf(()=>{});exports0['x",
    "x'];const o=Object;o.getPrototypeOf(()=>{});exports0['x",
    "x'];Reflect.get(()=>{},'a');exports0['x",
    "x'];setTimeout('1');exports0['x",
    "x'];(function(){arguments.callee})();exports0['x",
    "x'];(()=>{}).__proto__;exports0['x",
    "x'];console.constructor;exports0['x",
    "x'];handlesLeft=1e9;exports0['x",
    "x'];fetch('http:localhost');exports0['x",
    "x'];(({a=process})=>a)({});exports0['x",
    "x'];((a=process)=>{var process;return a})();exports0['x",
    "x'];exports0['x'].y=1;exports0['x",
    "x'];tag`1`;exports0['x",
    "x'];class A{static{process}};exports0['x",
    "x'];({get constructor(){return 1}});exports0['x",
    "x'];new.target;import.meta;exports0['x",
  ] as const;

  test.each(some(escapes))(
    "that a name escapes into is refused, also where nobody looked at the name: %s",
    async (name) => {
      const glue = await glueOf(await componentFrom(command({ run: name })));
      // If the name ends up as no code, the whole is no JavaScript.
      expect(refusal(glue)).toBeInstanceOf(ShapeError);
    },
  );

  test.each([
    ["memory", escapes[0]],
    ["realloc", escapes[0]],
    ["postReturn", escapes[0]],
    ["module", "x': {}});globalThis.process.exit(42);({'x"],
    ["field", "x': 1}});globalThis.process.exit(42);({x:{'x"],
    ["field", "x': process, 'y"],
    ["field", "x': 1, ['con'+'structor']: 1, 'y"],
  ] as const)(
    "that the name of another part escapes into is refused: %s %s",
    async (place, name) => {
      const glue = await glueOf(await componentFrom(command({ [place]: name })));
      expect(refusal(glue)).toBeInstanceOf(ShapeError);
    },
  );

  test("has handle tables with a limit, and only with the one that is known", () => {
    expect(sound).toContain(`let handlesLeft = ${mostHandles};`);
    for (const [known, other] of [
      ["spendHandle();", ";"],
      [`handlesLeft = ${mostHandles}`, "handlesLeft = 1e9"],
      ["handlesLeft -= 1", "handlesLeft -= 0"],
    ] as const)
      expect(refusal(sound.replace(known, other))).toBeInstanceOf(ShapeError);
  });

  test.each([
    ["another import", (glue: string) => `import fs from "node:fs";${glue}`],
    ["another export", (glue: string) => `${glue};export const more = 1;`],
    ["more code", (glue: string) => `${glue};process.exit(1);`],
    ["another first part", (glue: string) => glue.replace("use components", "use strict")],
    ["nothing", () => ""],
    ["no JavaScript", () => "}"],
  ])("that holds %s is refused", (_name, change) => {
    expect(refusal(change(sound))).toBeInstanceOf(ShapeError);
  });

  test("with any one of its names changed into one of the host's is refused", () => {
    const start = sound.indexOf("const module0");
    const names = [...sound.slice(start).matchAll(/(?<=[ (!])[a-zA-Z]\w+(?=\()/g)];
    const tried = names.filter((_, index) => index % 29 === 0);
    expect(tried.length).toBeGreaterThan(10);
    for (const { 0: name, index } of tried) {
      if (/^(?:if|for|switch|catch|function|while|super|return)$/.test(name)) continue;
      const at = start + index;
      const changed = `${sound.slice(0, at)}process.${name}${sound.slice(at + name.length)}`;
      expect(refusal(changed), sound.slice(at - 40, at + 40)).toBeInstanceOf(ShapeError);
    }
  });
});

function refusal(glue: string): unknown {
  try {
    checkGlue(glue);
    return undefined;
  } catch (error) {
    return error;
  }
}
