// Pictures of a page in both themes, from a phone to a desk, with what must hold of each.

import AxeBuilder from "@axe-core/playwright";
import { join } from "node:path";
import { expect, type Page } from "./test.ts";

const WIDTHS = [360, 768, 1280];
export const THEMES = ["light", "dark"] as const;
// Each theme and each layout once: colours do not depend on the width, nor structure on the theme.
const AXE = { light: 360, dark: 1280 };
export const ARTIFACTS = join(import.meta.dirname, "../artifacts");

/** Into artifacts/NAME-WIDTH-THEME.png; fails on sideways scrolling and on what axe objects to. */
export async function everyLook(page: Page, name: string): Promise<void> {
  await page.evaluate(async () => {
    scrollTo(0, 0);
    await document.fonts.ready;
  });
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width < 600 ? 740 : 900 });
      const beside = await page.evaluate(() => document.scrollingElement!.scrollWidth - innerWidth);
      expect.soft(beside, `pixels to scroll sideways at ${width}`).toBeLessThanOrEqual(0);
      await picture(page, `${name}-${width}-${theme}`);
      if (AXE[theme] === width) expect.soft(await objections(page), `axe at ${width}, ${theme}`).toEqual([]);
    }
  }
}

/** The whole page, or as much of it as anybody looks at. */
async function picture(page: Page, name: string): Promise<void> {
  const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: document.documentElement.scrollHeight }));
  const clip = { x: 0, y: 0, width, height: Math.min(height, 4000) };
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true, clip });
}

/** What axe finds wrong, a line each. */
export async function objections(page: Page): Promise<string[]> {
  // The reference describes dozens of operations, all drawn alike: the first of each chapter says as much as all,
  // and for all axe takes a quarter of a minute.
  const { violations } = await new AxeBuilder({ page }).exclude(".op ~ .op").analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target} ${failureSummary}`));
}
