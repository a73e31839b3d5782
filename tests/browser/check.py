#!/usr/bin/env python3
"""Opens HTML reports in a headless Chromium, light, dark, narrow and printed, and checks what a reader would meet.

    KEYSPECT_PAGES=/tmp/pages cargo test --test documents pages_for_the_browser
    python3 tests/browser/check.py /tmp/pages/*.html [--out FOLDER]

Fails on any message of the console, any violation of the page's Content-Security-Policy, anything fetched, sideways scrolling
of the page, text whose contrast is below WCAG 2.2 AA, a copy button that copies something else, and anything that needs the
script to be read. Without Chromium or playwright (`pip install playwright`) it says so and ends with 0.
"""

import argparse
import pathlib
import shutil
import sys

CONTRAST = """() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3]));
  const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const bad = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim()) continue;
    const el = node.parentElement;
    if (['SCRIPT', 'STYLE'].includes(el.tagName) || !el.checkVisibility()) continue;
    const chain = [];
    for (let e = el; e; e = e.parentElement) chain.unshift(parse(getComputedStyle(e).backgroundColor));
    let back = getComputedStyle(document.documentElement).colorScheme && matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
    for (const c of chain) back = over(c, back);
    const front = over(parse(getComputedStyle(el).color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.set(el.tagName + '.' + el.className, ratio.toFixed(2));
  }
  return [...bad];
}"""

NAMES = """() => [...document.querySelectorAll('button, a, summary, [role=group], [role=region], ol.chain, ul.counts')]
  .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim())).map(e => e.outerHTML.slice(0, 80))"""

HEADINGS = """() => { let last = 0; const bad = [];
  for (const h of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) { const n = Number(h.tagName[1]);
    if (n > last + 1) bad.push(h.outerHTML.slice(0, 80)); last = n; } return bad; }"""


def text_of(page):
    return page.evaluate("""() => { const copy = document.querySelector('main').cloneNode(true);
      copy.querySelectorAll('button').forEach(b => b.remove()); return copy.textContent; }""")


def check(browser, path, out):
    faults = []
    texts = {}
    url = path.resolve().as_uri()
    for name, options in {
        "light": dict(color_scheme="light", viewport={"width": 1280, "height": 900}),
        "dark": dict(color_scheme="dark", viewport={"width": 1280, "height": 900}),
        "narrow": dict(color_scheme="light", viewport={"width": 380, "height": 800}),
        "no-script": dict(color_scheme="light", java_script_enabled=False),
    }.items():
        context = browser.new_context(**options)
        page = context.new_page()
        page.on("console", lambda m, name=name: faults.append(f"{name}: console: {m.text}"))
        page.on("pageerror", lambda e, name=name: faults.append(f"{name}: error: {e}"))
        page.on("request", lambda r, name=name: r.url.split("#")[0] != url and faults.append(f"{name}: fetches {r.url}"))
        page.add_init_script("addEventListener('securitypolicyviolation', e => console.error('policy', e.violatedDirective, e.blockedURI))")
        page.goto(url)
        if name == "no-script":
            texts[name] = page.locator("main").text_content()
            if page.locator("button").count():
                faults.append("no-script: a button that does nothing")
        else:
            texts[name] = text_of(page)
            wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            if wide > 0:
                faults.append(f"{name}: scrolls sideways by {wide}")
            page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
            faults += [f"{name}: contrast {ratio} of {el}" for el, ratio in page.evaluate(CONTRAST)]
            faults += [f"{name}: no name: {el}" for el in page.evaluate(NAMES)]
            faults += [f"{name}: heading out of order: {el}" for el in page.evaluate(HEADINGS)]
        if name == "light":
            context.grant_permissions(["clipboard-read", "clipboard-write"])
            buttons = page.locator(".run button")
            for i in range(min(buttons.count(), 5)):
                buttons.nth(i).focus()
                page.keyboard.press("Enter")
                page.wait_for_timeout(50)
                want = page.locator(".run").nth(i).locator("code").text_content()
                got = page.evaluate("() => navigator.clipboard.readText()")
                if got != want:
                    faults.append(f"light: copies {got!r}, not {want!r}")
        if out:
            page.reload()
            page.screenshot(path=str(out / f"{path.stem}-{name}.png"), full_page=page.evaluate("document.body.scrollHeight") < 12000 if name != "no-script" else False)
            if name == "light":
                page.pdf(path=str(out / f"{path.stem}.pdf"), format="A4", print_background=True)
        if name != "no-script":
            # The policy lets nothing in that is not the page's own; what the console says of the attempt is no fault.
            before = list(faults)
            page.evaluate(
                "() => { const s = document.createElement('script'); s.textContent = 'window.intruder = 1'; document.body.append(s); }"
            )
            if page.evaluate("() => window.intruder"):
                before.append(f"{name}: a foreign script ran")
            faults[:] = before
        context.close()
    for name, text in texts.items():
        if text != texts["no-script"]:
            faults.append(f"{name}: other words than without script")
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("reports", nargs="+", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("skipped: playwright is not installed")
        return 0
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    if not binary:
        print("skipped: no Chromium is installed")
        return 0
    failed = False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        for path in args.reports:
            faults = check(browser, path, args.out)
            failed |= bool(faults)
            print(f"{path}: {'fine' if not faults else ''}")
            for fault in dict.fromkeys(faults):
                print(f"  {fault}")
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
