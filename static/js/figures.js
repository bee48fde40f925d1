// A table of figures for the keyboard: Enter and the arrows go to the next row of the same column,
// a column copied from a spreadsheet is pasted downwards from the field where the cursor is.
// <form data-figures> … <input data-column="1"> …
function take(form) {
  const said = form.querySelector("[data-figures-said]");
  const column = (input) => [
    ...form.querySelectorAll(`input[data-column="${input.dataset.column}"]`),
  ];
  const go = (input, steps) => {
    const fields = column(input);
    const next = fields[fields.indexOf(input) + steps];
    if (next) {
      next.focus();
      next.select();
    }
    return next;
  };

  form.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.dataset?.column || event.isComposing) return;
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      const next = go(input, event.shiftKey ? -1 : 1);
      if (!next && event.key === "Enter" && !event.shiftKey) form.querySelector("button").focus();
    } else if (event.key === "ArrowUp") {
      event.preventDefault();
      go(input, -1);
    }
  });

  form.addEventListener("paste", (event) => {
    const input = event.target;
    if (!input.dataset?.column) return;
    const text = event.clipboardData.getData("text").replace(/\r/g, "").replace(/\n$/, "");
    const lines = text.split("\n");
    if (lines.length < 2 && !text.includes("\t")) return; // one cell: the browser's own paste
    event.preventDefault();
    const fields = column(input);
    const first = fields.indexOf(input);
    let filled = 0;
    lines.forEach((line, index) => {
      const start = fields[first + index];
      if (!start) return;
      const row = [...start.closest("tr").querySelectorAll("input[data-column]")];
      line.split("\t").forEach((cell, beside) => {
        const field = row[row.indexOf(start) + beside];
        if (field) field.value = cell.trim();
      });
      filled += 1;
    });
    const over = lines.length - filled;
    said.textContent = over
      ? `填了 ${filled} 行，另有 ${over} 行没有地方填：请核对是不是同一个月的推文。`
      : `填了 ${filled} 行，核对后请保存。`;
    fields[Math.min(first + lines.length, fields.length) - 1].focus();
  });
}

document.querySelectorAll("form[data-figures]").forEach(take);
