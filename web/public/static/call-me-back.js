/* Callward: sends a form marked data-callward-form without leaving the page. It works without this script, too. */
(() => {
	const doc = document, action = new URL("call-me-back", doc.currentScript.src);
	const say = (form, ok, text) => {
		let place = form.querySelector("[data-callward-said]");
		if (!place) form.append(place = doc.createElement("p"));
		place.setAttribute("role", ok ? "status" : "alert");
		place.textContent = text;
	};
	doc.addEventListener("submit", async (event) => {
		const form = event.target;
		if (!form.matches("[data-callward-form]")) return;
		event.preventDefault();
		const params = {}, body = new URLSearchParams(new FormData(form)), button = form.querySelector("button");
		new URLSearchParams(location.search).forEach((value, name) => {
			if (/^utm_|^(gcl|ycl|msclk|fbcl)id$|^[gw]braid$/.test(name)) params[name] = value;
		});
		body.set("params", JSON.stringify(params));
		body.set("page", location.pathname);
		body.set("from", doc.referrer.split("/")[2] || "");
		body.set("key", window.callward?.key() || "");
		if (!body.get("language")) body.set("language", doc.documentElement.lang.slice(0, 2));
		if (button) button.disabled = true;
		try {
			const got = await (await fetch(action, { method: "POST", body, headers: { Accept: "application/json" } })).json();
			say(form, got.ok, got.said);
			if (got.ok) form.reset();
		} catch {
			form.action = action;
			form.method = "post";
			form.submit();
		} finally { if (button) button.disabled = false; }
	});
})();
