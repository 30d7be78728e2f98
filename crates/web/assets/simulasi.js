// The simulator's picture follows its controls; without this script the button does the same.
(() => {
  const form = document.querySelector("form.atur");
  const parts = ["judul", "hasil"];
  if (!form || !parts.every((id) => document.getElementById(id))) return;
  let timer, asked;
  const show = async () => {
    const url = form.action + "?" + new URLSearchParams(new FormData(form));
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(url, { signal: asked.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelector("#judul h1").replaceWith(page.querySelector("#judul h1"));
      document.querySelector("#judul .redup").replaceWith(page.querySelector("#judul .redup"));
      document.getElementById("hasil").replaceWith(page.getElementById("hasil"));
      history.replaceState(null, "", url);
    } catch (why) {
      if (why.name !== "AbortError") form.submit();
    }
  };
  form.addEventListener("input", (event) => {
    const said = form.querySelector(`output[for="${event.target.id}"]`);
    if (said) said.textContent = event.target.value;
    clearTimeout(timer);
    timer = setTimeout(show, 180);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
})();
