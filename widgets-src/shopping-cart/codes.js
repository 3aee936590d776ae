import { problemOf } from "../_shared/cart_view.js";
import { announce, el } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { apart } from "../_shared/line_words.js";
import { button, notice } from "../_shared/notice.js";
import { said } from "../_shared/said.js";
import { t } from "../_shared/words.js";

const MOST_CODES = 5;

/** Make what draws the discount codes of a cart: those in it with what the shop says of each, and a field for one more. */
export function createCodes(cart) {
  let open = false;
  let typed = "";

  function draw() {
    const { cart: { discount_codes: codes = [], messages = [], currency }, problem } = cart.model;
    const about = (index) => messages.filter(({ param }) => param === `discount_codes[${index}]`).map((message) => notice(message.type, said(message, currency)));
    return el("div", { class: "codes" },
      codes.map((code, index) => entered(code, codes, about(index))),
      codes.length < MOST_CODES && (open ? form(codes) : opener()),
      problem?.at === "code" && problemOf(problem));
  }

  function entered(code, codes, notices) {
    const without = () => cart.setCodes(codes.filter((one) => one !== code));
    return [
      el("p", { class: "code" }, icon(notices.length ? "info" : "check"), el("b", null, apart(code)),
        button("icon", icon("close"), without, { "aria-label": t("common.remove", { name: code }), "data-key": `code ${code}` })),
      notices,
    ];
  }

  function opener() {
    const work = () => {
      open = true;
      cart.draw();
      document.getElementById("code").focus();
    };
    return button("quiet", t("cart.have_code"), work, { "data-key": "code" });
  }

  function form(codes) {
    const field = el("input", { class: "field", id: "code", maxlength: "40", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", "aria-label": t("cart.code"), placeholder: t("cart.code"), "data-key": "code", value: typed, input: () => (typed = field.value) });
    const apply = async () => {
      const code = field.value.trim();
      if (!code || codes.includes(code)) return field.focus();
      await cart.setCodes([...codes, code]);
      const { cart: { messages = [], currency }, problem } = cart.model;
      if (problem) return;
      const why = messages.find(({ param }) => param === `discount_codes[${codes.length}]`);
      announce(why ? said(why, currency) : t("cart.code_used", { code }));
      open = false;
      typed = "";
      cart.draw();
      document.querySelector("[data-key=code]")?.focus();
    };
    const submit = (event) => {
      event.preventDefault();
      press.click();
    };
    const press = button("secondary", t("cart.apply"), apply, { "data-key": "apply" });
    return el("form", { class: "code-form", submit }, field, press);
  }

  return draw;
}
