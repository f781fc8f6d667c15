// The charts: what lies under the pointer, or under the cursor keys; read from each chart's table.
document.querySelectorAll('.chart').forEach((chart) => {
  const plot = chart.querySelector('.plot');
  const rows = [...chart.querySelectorAll('tr[data-x]')];
  if (!plot || rows.length === 0) return;
  const heads = [...chart.querySelectorAll('thead th')];
  const places = rows.map((row) => Number(row.dataset.x));
  const cursor = document.createElement('div');
  cursor.className = 'cursor';
  cursor.hidden = true;
  plot.append(cursor);
  const readout = document.createElement('p');
  readout.className = 'readout';
  readout.setAttribute('role', 'status');
  readout.setAttribute('aria-live', 'off');
  plot.after(readout);
  plot.tabIndex = 0;
  plot.setAttribute('role', 'group');
  const title = chart.querySelector('figcaption').textContent;
  plot.setAttribute('aria-label', `${title}: arrow keys read the values`);
  let at = -1;
  const show = (next, byKey) => {
    at = Math.max(0, Math.min(rows.length - 1, next));
    const cells = [...rows[at].cells];
    const told = cells.slice(1).flatMap((cell, i) => {
      const head = heads[i + 1];
      return isOff(head) || cell.textContent === '-' ? [] : [`${head.textContent} ${cell.textContent}`];
    });
    cursor.hidden = false;
    cursor.style.left = `${places[at]}%`;
    cursor.style.height = `${plot.querySelector('.field').getAttribute('height')}px`;
    readout.setAttribute('aria-live', byKey ? 'polite' : 'off');
    readout.textContent = `${cells[0].textContent}: ${told.join(', ') || 'nothing recorded'}`;
  };
  const leave = () => { cursor.hidden = true; readout.textContent = ''; };
  plot.addEventListener('pointermove', (event) => {
    const box = plot.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * 100;
    const nearest = places.reduce(
      (best, place, i) => (Math.abs(place - x) < Math.abs(places[best] - x) ? i : best), 0);
    show(nearest, false);
  });
  plot.addEventListener('pointerleave', leave);
  plot.addEventListener('blur', leave);
  plot.addEventListener('keydown', (event) => {
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, PageDown: at + 10, PageUp: at - 10,
      Home: 0, End: rows.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(next, true);
  });
});

// Which stages and runs are shown.
const off = new Set();
function isOff(element) {
  const { stage, run } = element.dataset;
  return off.has(`stage-${stage}`) || off.has(`run-${run}`);
}
document.querySelectorAll('.toolbar').forEach((toolbar) => {
  if (!toolbar.querySelector('input')) return;
  toolbar.hidden = false;
  toolbar.addEventListener('change', (event) => {
    const { toggle } = event.target.dataset;
    if (event.target.checked) off.delete(toggle); else off.add(toggle);
    document.querySelectorAll('[data-stage], [data-run]').forEach((element) => {
      if (element.tagName !== 'TH') element.classList.toggle('off', isOff(element));
    });
  });
});

// Tables that can be sorted by any column; the first press sorts the largest first.
document.querySelectorAll('table.sortable').forEach((table) => {
  const heads = [...table.querySelectorAll('thead th')];
  const body = table.tBodies[0];
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') !== 'descending';
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const compare = (a, b) => (typeof a === 'number' && typeof b === 'number'
        ? a - b : String(a).localeCompare(String(b)));
      const rows = [...body.rows].sort((a, b) => compare(key(a, column), key(b, column)));
      body.append(...(down ? rows.reverse() : rows));
    });
  });
});
