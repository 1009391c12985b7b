// SPDX-License-Identifier: Apache-2.0
// Draws readings as they come. All that is drawn is text: nothing here makes markup of a string,
// since many of them come from packets.
"use strict";

const ROWS = 200; // drawn of a table
const SAMPLES = 60; // of a sparkline
const EVENTS = 200;

const $ = (id) => document.getElementById(id);

function make(name, properties, ...children) {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(properties || {})) {
		if (key in element && key !== "list") element[key] = value;
		else element.setAttribute(key, value);
	}
	element.append(...children);
	return element;
}

function draw(name, attributes, ...children) {
	const element = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
	element.append(...children);
	return element;
}

// --- numbers

// Of 64 bits and more every digit counts, where the browser can tell.
function parse(text) {
	if (!/\d{16}/.test(text)) return JSON.parse(text);
	return JSON.parse(text, (key, value, context) =>
		typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && context
			? BigInt(context.source) : value);
}

function threeDigits(value) {
	return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

function oneDecimal(value) {
	return value.toFixed(value >= 100 ? 0 : 1);
}

function scaled(value, step, units, digits) {
	let unit = 0;
	while (value >= step && unit < units.length - 1) {
		value /= step;
		unit++;
	}
	return (unit ? digits(value) : String(+value.toFixed(1))) + units[unit];
}

function duration(ns) {
	if (ns < 60e9) return scaled(ns, 1000, [" ns", " µs", " ms", " s"], oneDecimal);
	const minutes = Math.floor(ns / 60e9);
	return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function amount(value, unit) {
	if (value === null || value === undefined) return "-";
	const number = Number(value);
	if (unit === "bytes") return scaled(number, 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"], oneDecimal);
	if (unit === "ns") return duration(number);
	if (Math.abs(number) < 10000) return Number.isInteger(number) ? String(value) : String(+number.toFixed(1));
	return scaled(number, 1000, ["", "k", "M", "G", "T", "P", "E"], threeDigits);
}

function plain(value) {
	if (value === null || value === undefined) return "-";
	if (Array.isArray(value)) return `[${value.map(plain).join(" ")}]`;
	return String(value);
}

function compare(a, b) {
	if (a === b) return 0;
	if (a === undefined || a === null) return -1;
	if (b === undefined || b === null) return 1;
	return a < b ? -1 : 1;
}

function clock(time, decimals) {
	return time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
		...(decimals ? { fractionalSecondDigits: decimals } : {}) });
}

// --- what is known

const state = {
	columns: null, generation: null, reading: null, frozen: false, filter: "", ended: false,
	tables: new Map(), missed: 0, fetching: false, wanted: false,
};

function text(row, column) {
	const readable = row.text && row.text[column.name];
	return readable !== undefined ? readable : plain(row[column.name]);
}

function keyOf(row, columns) {
	return columns.filter((column) => column.key).map((column) => text(row, column)).join("\u0000");
}

// What is said of a table without columns: those that its rows have.
function columnsOf(name, table) {
	const known = state.columns && state.columns[name];
	if (known) return known;
	const row = table.rows[0] || {};
	const columns = Object.keys(row).filter((key) => !["text", "rates", "cpus", "process"].includes(key))
		.map((key) => ({ name: key, key: false, counter: Boolean(row.rates && key in row.rates), histogram: false, unit: "" }));
	return { histogram: null, columns };
}

// --- a minute of a counter

function remember(drawn, name, table, columns) {
	const rates = columns.filter((column) => column.counter || column.histogram);
	const kept = new Map();
	for (const row of table.rows) {
		const key = keyOf(row, columns);
		const past = drawn.past.get(key) || new Map();
		for (const column of rates) {
			const line = past.get(column.name) || [];
			const rate = row.rates && row.rates[column.histogram ? column.name + ".n" : column.name];
			line.push(typeof rate === "number" ? rate : 0);
			if (line.length > SAMPLES) line.shift();
			past.set(column.name, line);
		}
		kept.set(key, past);
	}
	drawn.past = kept;
}

// Nothing where there was nothing.
function sparkline(samples) {
	const most = Math.max(...(samples || []), 0);
	if (!most) return [];
	const points = samples.map((sample, i) =>
		`${i + SAMPLES - samples.length},${(19 - 18 * sample / most).toFixed(1)}`).join(" ");
	return [draw("svg", { class: "spark", viewBox: `0 0 ${SAMPLES - 1} 20`, preserveAspectRatio: "none", "aria-hidden": "true" },
		draw("polyline", { points }))];
}

function bars(histogram) {
	const counts = histogram.buckets.map((bucket) => Number(bucket.count));
	const most = Math.max(...counts, 1);
	return draw("svg", { class: "bars", viewBox: `0 0 ${Math.max(counts.length, 12)} 20`, preserveAspectRatio: "none", "aria-hidden": "true" },
		...counts.map((count, i) => draw("rect", { x: i + .05, width: .9, y: 20 - 20 * count / most, height: 20 * count / most })));
}

// --- cells

function histogramCell(row, column, samples) {
	const value = row[column.name];
	const end = (name) => value[name] === null ? "-" : "≤" + amount(value[name], column.unit);
	const cell = make("td", { className: "shape" }, make("data", { value: String(value.n) }, `n=${amount(value.n, "")}`),
		` p50${end("p50")} p90${end("p90")} p99${end("p99")}`, bars(value));
	cell.append(...sparkline(samples));
	return cell;
}

function cellOf(row, column, past) {
	const value = row[column.name];
	if (column.histogram && value && value.buckets) return histogramCell(row, column, past && past.get(column.name));
	if (column.key) return make("th", { scope: "row" }, text(row, column));
	if (!column.counter) {
		const number = typeof value === "number" || typeof value === "bigint";
		return make("td", { className: number && !(row.text && column.name in row.text) ? "number" : "" }, text(row, column));
	}
	const cell = make("td", { className: "number" },
		make("data", { value: String(value), title: String(value) }, amount(value, column.unit)));
	if (row.rates) cell.append(make("span", { className: "rate" }, amount(row.rates[column.name], column.unit) + "/s"));
	cell.append(...sparkline(past && past.get(column.name)));
	return cell;
}

// Powers of two: what bucket n holds; or the numbers themselves.
function bucketName(row, column, kind) {
	if (row.text && column.name in row.text) return row.text[column.name];
	const bucket = Number(row[column.name]);
	if (kind !== "log2") return plain(row[column.name]);
	if (bucket < 2) return String(bucket);
	return `${amount(2 ** (bucket - 1), "")} - ${amount(2 ** bucket - 1, "")}`;
}

// Those of one histogram side by side: by the key's other columns, from the least to the largest.
function histogramRows(rows, columns, kind) {
	const keys = columns.filter((column) => column.key);
	const bucket = keys[keys.length - 1];
	const count = columns.find((column) => !column.key);
	const others = keys.slice(0, -1);
	const name = (row) => others.map((column) => text(row, column)).join("\u0000");
	const filled = rows.filter((row) => Number(row[count.name]) > 0);
	const most = new Map();
	for (const row of filled) most.set(name(row), Math.max(most.get(name(row)) || 0, Number(row[count.name])));
	filled.sort((a, b) => compare(name(a), name(b)) || compare(a[bucket.name], b[bucket.name]));
	return filled.map((row) => {
		const bar = make("span", { className: "bar" });
		bar.style.width = `${100 * Number(row[count.name]) / most.get(name(row))}%`;
		return make("tr", {}, ...others.map((column) => make("th", { scope: "row" }, text(row, column))),
			make("th", { scope: "row", className: "number" }, bucketName(row, bucket, kind)),
			make("td", { className: "number" }, make("data", { value: String(row[count.name]), title: String(row[count.name]) },
				amount(row[count.name], count.unit))),
			make("td", { className: "wide" }, bar));
	});
}

// --- tables

function sortBy(drawn, column) {
	drawn.descending = drawn.sort === column.name ? !drawn.descending : !column.key;
	drawn.sort = column.name;
	show();
}

function head(drawn, columns, kind) {
	const row = make("tr");
	for (const column of columns) {
		if (kind) {
			row.append(make("th", { scope: "col", className: "plain number" }, column.name));
			continue;
		}
		const button = make("button", { type: "button" }, column.name);
		const cell = make("th", { scope: "col", className: column.key || column.histogram ? "" : "number" }, button);
		button.addEventListener("click", () => sortBy(drawn, column));
		drawn.heads.set(column.name, cell);
		row.append(cell);
	}
	if (kind) row.append(make("td"));
	return row;
}

function newTable(name) {
	const title = make("h2", { id: `table-${state.tables.size}` }, name);
	const drawn = {
		title, note: make("p", { className: "note" }), past: new Map(), heads: new Map(), shape: "",
		head: make("thead"), body: make("tbody"), sort: null, descending: true,
	};
	const scroll = make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-labelledby": title.id },
		make("table", {}, drawn.head, drawn.body));
	drawn.scroll = scroll;
	drawn.section = make("section", {}, make("div", { className: "title" }, title, drawn.note), scroll);
	drawn.section.dataset.table = name;
	$("tables").append(drawn.section);
	return drawn;
}

function ordered(rows, drawn) {
	if (!drawn.sort) return rows;
	const sign = drawn.descending ? -1 : 1;
	const value = (row) => {
		const raw = row[drawn.sort];
		return raw && raw.n !== undefined ? raw.n : Array.isArray(raw) ? text(row, { name: drawn.sort }) : raw;
	};
	return [...rows].sort((a, b) => sign * compare(value(a), value(b)));
}

function noteOf(table, matching, shown) {
	const parts = [];
	if ("received" in table) parts.push(`${table.received} events received, ${table.lost} lost`);
	else if (table.entries === null) parts.push("no rows");
	else parts.push(`${table.entries} of ${table.max_entries} entries`);
	if (table.full) parts.push("FULL");
	if (!table.complete) parts.push("incomplete");
	if (table.padding) parts.push("keys differ in bytes that are not shown");
	if (table.rows.length < (table.entries || 0)) parts.push(`the first ${table.rows.length} are here`);
	if (state.filter) parts.push(`${matching} match`);
	if (shown < matching) parts.push(`${shown} are drawn`);
	return parts.join(", ");
}

function showTable(name, table) {
	const drawn = state.tables.get(name) || newTable(name);
	const { columns, histogram } = columnsOf(name, table);
	const shape = JSON.stringify([histogram, columns]);
	state.tables.set(name, drawn);
	if (drawn.shape !== shape) {
		drawn.heads.clear();
		drawn.head.replaceChildren(head(drawn, columns, histogram));
		drawn.head.parentElement.className = histogram ? "histogram" : "";
		drawn.shape = shape;
	}
	for (const [column, cell] of drawn.heads) {
		if (drawn.sort === column) cell.setAttribute("aria-sort", drawn.descending ? "descending" : "ascending");
		else cell.removeAttribute("aria-sort");
	}
	const matching = table.rows.filter((row) => !state.filter ||
		columns.some((column) => text(row, column).toLowerCase().includes(state.filter)));
	const rows = histogram ? histogramRows(matching, columns, histogram)
		: ordered(matching, drawn).slice(0, ROWS).map((row) => {
			const past = drawn.past.get(keyOf(row, columns));
			return make("tr", {}, ...columns.map((column) => cellOf(row, column, past)));
		});
	drawn.body.replaceChildren(...rows);
	drawn.scroll.hidden = !rows.length;
	drawn.note.textContent = noteOf(table, matching.length, histogram ? matching.length : rows.length);
}

function list(id, items) {
	$(id).hidden = !items.length;
	$(`${id}-list`).replaceChildren(...items.map((item) => make("li", {}, item)));
}

function hookText(hook) {
	return `${hook.interface} ${hook.direction} (${hook.hook}${hook.attached ? "" : ", detached"})`;
}

function show() {
	const reading = state.reading;
	if (!reading) return;
	document.title = `${reading.program} - skbscope`;
	$("program").textContent = reading.program;
	$("hooks").textContent = [reading.recording || reading.hooks.map(hookText).join(", "),
		reading.filter, reading.enforced ? "enforced" : "passive"].filter(Boolean).join(" · ");
	$("stale").hidden = !reading.stale;
	$("stale").textContent = reading.stale || "";
	for (const [name, table] of Object.entries(reading.tables)) if (!table.hidden) showTable(name, table);
	for (const [name, drawn] of state.tables)
		if (!(name in reading.tables)) {
			drawn.section.remove();
			state.tables.delete(name);
		}
	list("losses", reading.losses.map((loss) =>
		`${loss.count === null ? "unknown how many" : loss.count}: ${loss.what}${loss.table ? ` (${loss.table})` : ""}`));
	list("verdicts", reading.verdicts.filter((verdict) => !["OK", "PIPE", "UNSPEC"].includes(verdict.verdict)).map((verdict) =>
		`${verdict.verdict}: ${verdict.packets} packets by ${verdict.function}${reading.enforced ? "" : ", if it were enforced"}`));
	document.body.dataset.reading = state.number;
}

// --- as they come

function say(word, sentence) {
	$("state").dataset.state = word;
	$("state").textContent = sentence;
}

async function fetchJson(path) {
	const answer = await fetch(path, { cache: "no-store" });
	if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
	return [parse(await answer.text()), answer.headers.get("ETag")];
}

// One at a time; of those that come meanwhile the latest.
async function update() {
	state.wanted = true;
	if (state.fetching) return;
	state.fetching = true;
	try {
		while (state.wanted && !state.frozen) {
			state.wanted = false;
			const [reading, number] = await fetchJson("tables");
			if (!state.columns || reading.generation !== state.generation)
				state.columns = (await fetchJson("columns"))[0];
			state.generation = reading.generation;
			for (const [name, table] of Object.entries(reading.tables)) {
				if (table.hidden) continue;
				const drawn = state.tables.get(name) || newTable(name);
				state.tables.set(name, drawn);
				const { columns, histogram } = columnsOf(name, table);
				if (!histogram) remember(drawn, name, table, columns);
			}
			state.reading = reading;
			state.number = (number || "").replaceAll('"', "");
			show();
			say("live", `live, ${clock(new Date(Number(reading.time_ns) / 1e6))}`);
		}
	} catch (error) {
		if (!state.ended) say("waiting", "waiting for the run");
	} finally {
		state.fetching = false;
	}
}

function eventText(event) {
	if (event.text !== undefined && typeof event.text === "string") return event.text;
	return Object.entries(event).filter(([key]) => !["event", "time", "function", "text"].includes(key))
		.map(([key, value]) => `${key}=${event.text && key in event.text ? event.text[key] : plain(value)}`).join(" ");
}

function addEvent(data) {
	const event = parse(data);
	const item = make("li", {}, make("time", { dateTime: event.time }, clock(new Date(event.time), 3)),
		" ", make("span", { className: "name" }, event.event), " ", eventText(event));
	$("events").hidden = false;
	$("events-list").prepend(item);
	while ($("events-list").childElementCount > EVENTS) $("events-list").lastElementChild.remove();
}

function missed(count) {
	state.missed += Number(count);
	$("events").hidden = false;
	$("events-lost").hidden = false;
	$("events-lost").textContent = `${state.missed} more than this page could show`;
}

function listen() {
	const source = new EventSource("events");
	source.addEventListener("reading", update);
	source.addEventListener("event", (message) => { if (state.frozen) missed(1); else addEvent(message.data); });
	source.addEventListener("lost", (message) => missed(message.data));
	source.addEventListener("end", () => {
		state.ended = true;
		source.close();
		say("gone", "the run has ended; this is its latest reading");
	});
	source.addEventListener("error", () => { if (!state.ended) say("gone", "no answer; trying again"); });
}

function freeze() {
	state.frozen = !state.frozen;
	$("freeze").setAttribute("aria-pressed", String(state.frozen));
	if (state.frozen) say("waiting", "frozen");
	else update();
}

$("freeze").addEventListener("click", freeze);
$("controls").addEventListener("submit", (event) => event.preventDefault());
$("filter").addEventListener("input", () => {
	state.filter = $("filter").value.toLowerCase();
	show();
});
document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "INPUT") return;
	if (event.key === "/") {
		event.preventDefault();
		$("filter").focus();
	} else if (event.key === "f") {
		freeze();
	}
});
listen();
