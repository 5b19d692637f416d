/* Callward: a number for each visitor. Nothing is kept before callward.consent(true). */
(() => {
const doc = document, { src, dataset } = doc.currentScript;
const cookie = (name) => doc.cookie.match(`(^|; )${name}=([^;]*)`)?.[2];
const keep = (value, age) => doc.cookie =
	`callward=${value};path=/;max-age=${age};samesite=lax${location.protocol > "http:" ? ";secure" : ""}`;
const kept = (value) => {
	try {
		if (value) sessionStorage.callward = JSON.stringify(value);
		if (value === null) delete sessionStorage.callward;
		return JSON.parse(sessionStorage.callward);
	} catch {}
};
const post = async (path, body) =>
	(await fetch(new URL("visit/" + path, src), { method: "POST", body: JSON.stringify(body) })).json();
let key = cookie("callward"), agreed = !!key || dataset.consent === "yes", shown, busy = 0;

// One number, written as another was.
const pour = (text, to) => {
	const like = text[0] === "+" ? to.international : to.national;
	const [old, fresh] = [text, like].map((one) => one.match(/\d/g));
	return old.length === fresh.length ? text.replace(/\d/g, () => fresh.shift()) : like;
};
const swap = (root, find, to) => {
	const all = RegExp(`(^|[^\\d+])(${find})(?!\\d)`, "g"), any = /()(\+?\d[\d\s().\/-]{5,}\d)/g;
	const put = (text, what) => text.replace(what, (_, before, number) => before + pour(number, to));
	const walk = doc.createTreeWalker(root, 4);
	for (let node = root.data ? root : walk.nextNode(); node; node = walk.nextNode()) {
		const on = node.parentElement, text = put(node.data, on?.closest("[data-callward]") ? any : all);
		if (text !== node.data && !on?.closest("script,style,textarea")) node.data = text;
	}
	if (root.matches) for (const one of [root, ...root.querySelectorAll("a,[data-callward]")]) {
		const marked = one.matches("[data-callward]");
		if (marked && !one.textContent) one.textContent = to.national;
		if (one.protocol === "tel:" && (marked || put(one.pathname, all) !== one.pathname)) one.href = "tel:" + to.e164;
	}
};
const back = () => { if (shown) swap(doc.body, shown.undo, shown.was); shown = 0; };
const show = (got) => { back(); shown = got; swap(doc.body, got.find, got.to); };
const drop = () => { kept(null); back(); };
const hold = (got) => kept({ ...got, until: Date.now() + got.held * 1e3 });

const ask = async () => {
	if (doc.hidden || busy++) return;
	try {
		const { token } = await post("token"), params = {};
		await new Promise((go) => setTimeout(go, 1200));
		if (doc.hidden) return;
		new URLSearchParams(location.search).forEach((value, name) => {
			if (/^utm_|^(gcl|ycl|msclk|fbcl)id$|^[gw]braid$/.test(name)) params[name] = value;
		});
		const got = await post("number", { token, key, agreed, params, page: location.pathname,
			robot: navigator.webdriver, from: doc.referrer.split("/")[2],
			...agreed && { ga: cookie("_ga"), ym: cookie("_ym_uid") } });
		if (!got.to) return drop();
		if (agreed && got.key) keep(key = got.key, 7776e3), hold(got);
		show(got);
	} catch {} finally {
		const more = busy > 1;
		busy = 0;
		if (more) ask();
	}
};
// A page that slept too long gives its number back before it is another's.
const look = async () => {
	const had = kept();
	if (doc.hidden || !had) return;
	if (Date.now() > had.until) { drop(); return ask(); }
	try { (await post("seen", { key })).held ? hold(had) : ask(); } catch {}
};
const start = () => {
	const had = agreed && kept();
	if (had && Date.now() < had.until) show(had);
	ask();
	new MutationObserver((seen) => shown && seen.forEach((one) => (one.target.data ? [one.target] : one.addedNodes)
		.forEach((node) => swap(node, shown.find, shown.to)))).observe(doc, { subtree: true, childList: true, characterData: true });
	doc.addEventListener("visibilitychange", () => shown ? look() : ask());
	setInterval(look, 6e4);
};
window.callward = {
	consent(yes) {
		if (yes !== agreed) (agreed = yes) ? ask() : (keep(key = "", 0), drop());
	},
	key: () => key,
};
doc.body ? start() : doc.addEventListener("DOMContentLoaded", start);
})();
