// Runs once the page is parsed. Without it, or when it fails, every page still works:
// controls that need script stay hidden until data-ready.
try {
  const wasm = fetch("{wasm}", { priority: "low" });
  wasm.catch(() => {}); // awaited below, perhaps after it failed
  const app = await import("{js}");
  await app.default({ module_or_path: wasm });
  app.hydrate();
  // Islands take no children, so document order is all the order there is.
  for (const el of document.querySelectorAll("leptos-island")) await app[el.dataset.component]?.(el);
  document.documentElement.dataset.ready = "";
} catch (e) {
  console.info("The page works without its script, which did not load:", String(e));
}
