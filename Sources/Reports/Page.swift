internal import Plots

/// The frame of the page: a document that loads nothing, readable without its script and on paper.
package enum Page {
  /// The document; `sections` are markup, some of them empty.
  static func html(title: String, introduction: String, sections: [String]) -> String {
    // Nothing may be fetched, whatever a record holds; the empty icon keeps browsers from asking for one.
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
    script-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
    <title>\(HTML.escaped(title))</title>
    <style>
    \(Figure.styleSheet)
    \(style)
    </style>
    </head>
    <body>
    <header>
    <h1>\(HTML.escaped(title))</h1>
    \(HTML.paragraph(introduction))</header>
    <main>
    \(sections.joined())</main>
    <script>
    \(script)
    </script>
    </body>
    </html>

    """
  }

  private static let style = """
    :root{color-scheme:light dark;--ink:#222222;--soft:#555555;--paper:#ffffff;--line:#dddddd;--tint:#f5f6f8;--care:#b35900}
    @media (prefers-color-scheme: dark){
    :root{--ink:#eeeeee;--soft:#aaaaaa;--paper:#16181c;--line:#3a3d44;--tint:#1f2228;--care:#f2b632}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:1180px;padding:1.5rem;background:var(--paper);color:var(--ink);line-height:1.5;
    font-family:"DejaVu Sans",Verdana,Helvetica,Arial,sans-serif;font-size:0.9rem;overflow-wrap:anywhere}
    h1{font-size:1.6rem;line-height:1.2;margin:0 0 0.5rem}h2{font-size:1.2rem;margin:2.2rem 0 0.6rem}
    h3{font-size:1rem;margin:1.4rem 0 0.4rem}h4{font-size:0.9rem;margin:1rem 0 0.4rem;font-weight:normal;color:var(--soft)}
    p{max-width:48rem;margin:0.4rem 0}small,figcaption,.digest,header p{color:var(--soft)}small{font-size:0.8em}
    section{border-top:1px solid var(--line)}ul{padding-left:1.2rem}a{color:inherit}
    .caution{border-left:3px solid var(--care);list-style:none;margin:0;padding-left:0.8rem}.caution li{margin:0.3rem 0}
    pre{background:var(--tint);margin:0.4rem 0;padding:0.6rem 0.8rem;white-space:pre-wrap;font-size:0.85rem}
    table{border-collapse:collapse;width:100%;overflow-wrap:normal;font-variant-numeric:tabular-nums}
    th,td{padding:0.3rem 0.5rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
    td:first-child{overflow-wrap:anywhere}
    th{font-weight:normal;color:var(--soft);vertical-align:bottom}.number{text-align:right}td small{display:block}
    figure{margin:1rem 0}figure.chart svg{display:block;max-width:100%;height:auto}figure.chart figcaption{font-size:1rem}
    .narrow{display:none}.off{display:none}.dim{opacity:0.3}
    .gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(15.5rem,1fr));gap:0.8rem}
    .tile{margin:0}.tile img{image-rendering:pixelated;object-fit:contain;margin-right:6px;border:1px solid var(--line)}
    .tile b{display:block;color:var(--ink);font-weight:normal}.tile figcaption{font-size:0.85em}
    .hint{position:fixed;z-index:1;max-width:20rem;padding:0.3rem 0.6rem;background:var(--ink);color:var(--paper);
    font-size:0.8rem;white-space:pre-line;pointer-events:none}
    [data-key]{cursor:pointer}[role=columnheader],[role=button]{cursor:pointer}
    @media screen and (max-width:860px){
    body{padding:1rem}.wide{display:none}.narrow{display:block}
    table,tbody,tr,td{display:block}thead{display:none}tr{border-bottom:1px solid var(--line);padding:0.5rem 0}
    td{display:flex;justify-content:space-between;gap:1rem;border:0;padding:0.1rem 0;text-align:right}
    .none{display:none}td::before{content:attr(data-label);color:var(--soft);flex:none;text-align:left}td span{overflow-wrap:anywhere}}
    @media print{body{max-width:none;padding:0;font-size:0.8rem}figure,tr,pre{break-inside:avoid}h2,h3,h4{break-after:avoid}
    [data-key]{cursor:auto}.hint{display:none}}
    """

  /// Shows numbers under the pointer at once, hides a series by its entry in the legend, sorts tables by their heads.
  package static let script = """
    'use strict';
    (() => {
      const hint = document.createElement('div');
      hint.className = 'hint';
      hint.hidden = true;
      document.body.append(hint);
      for (const title of document.querySelectorAll('svg *>title')) {
        title.parentNode.dataset.hint = title.textContent;
        title.parentNode.setAttribute('aria-label', title.textContent);
        title.remove();
      }
      document.addEventListener('pointermove', (event) => {
        const mark = event.target.closest ? event.target.closest('[data-hint]') : null;
        hint.hidden = !mark;
        if (!mark) return;
        if (hint.textContent !== mark.dataset.hint) hint.textContent = mark.dataset.hint;
        const box = hint.getBoundingClientRect();
        const left = Math.min(event.clientX + 12, innerWidth - box.width - 8);
        const below = event.clientY + 16;
        hint.style.left = Math.max(8, left) + 'px';
        hint.style.top = (below + box.height > innerHeight ? event.clientY - box.height - 12 : below) + 'px';
      });
      const onUse = (element, action) => {
        element.tabIndex = 0;
        element.addEventListener('click', action);
        element.addEventListener('keydown', (event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          action();
        });
      };
      for (const figure of document.querySelectorAll('figure.chart')) {
        for (const key of figure.querySelectorAll('[data-key]')) {
          const place = key.dataset.key;
          const toggle = () => {
            for (const part of figure.querySelectorAll(`[data-series="${place}"]`)) part.classList.toggle('off');
            for (const entry of figure.querySelectorAll(`[data-key="${place}"]`)) entry.classList.toggle('dim');
          };
          if (key.localName === 'text') {
            key.setAttribute('role', 'button');
            onUse(key, toggle);
          } else {
            key.addEventListener('click', toggle);
          }
        }
      }
      const value = (row, column) => {
        const cell = row.cells[column];
        return cell.dataset.value || cell.textContent;
      };
      for (const table of document.querySelectorAll('table.sortable')) {
        [...table.tHead.rows[0].cells].forEach((head, column) => {
          let sign = -1;
          onUse(head, () => {
            sign = -sign;
            const rows = [...table.tBodies[0].rows];
            rows.sort((first, second) => {
              const [a, b] = [value(first, column), value(second, column)];
              return sign * (a - b || a.localeCompare(b, 'en', {numeric: true}));
            });
            table.tBodies[0].append(...rows);
          });
        });
      }
    })();
    """
}
