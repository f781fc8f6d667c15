'use strict';
// The colours: the system's, unless the reader chose others.
(() => {
  const label = document.getElementById('theme');
  const choice = label.querySelector('select');
  const key = 'tickline-theme';
  const kept = { get() { try { return localStorage.getItem(key) || ''; } catch { return ''; } },
    set(value) { try { localStorage.setItem(key, value); } catch { /* not kept, still shown */ } } };
  const show = () => { document.documentElement.dataset.theme = choice.value; };
  choice.value = ['light', 'dark'].includes(kept.get()) ? kept.get() : '';
  choice.addEventListener('change', () => { kept.set(choice.value); show(); });
  label.hidden = false;
  show();
})();
