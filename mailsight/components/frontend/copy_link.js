// A button that copies the page's address. Browsers allow that only on https and on this machine; elsewhere the address is
// shown, selected, to be copied by hand.

export default function ({ parentElement }) {
  const root = parentElement.querySelector(".copy");
  if (root.firstChild) return;
  const make = (name, attributes, text = "") => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.textContent = text;
    return node;
  };
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1");
  icon.append(path);
  const button = make("button", { type: "button", title: "Copy a link to this page as you see it" });
  button.append(icon, make("span", {}, "Copy link"));
  const said = make("span", { class: "said", role: "status" });
  const address = make("input", { readonly: "", "aria-label": "Address of this page" });
  let timer;
  const say = (...parts) => {
    clearTimeout(timer);
    said.replaceChildren(...parts);
  };
  const showAddress = () => {
    say("Copy this address:", address);
    address.value = location.href;
    address.focus();
    address.select();
  };
  address.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    say();
    button.focus();
  });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      showAddress();
      return;
    }
    say("Copied");
    timer = setTimeout(say, 3000);
  });
  root.replaceChildren(button, said);
}
