// Small pictures over the scrub bar, cut out of one sprite by the rectangles that a WebVTT file names
// (`sprite.jpg#xywh=x,y,w,h`, as Media Fragments URI 1.0 writes them).

const CUE = /^(?:(\d+):)?(\d{2}):(\d{2}\.\d{3})\s+-->\s+(?:(\d+):)?(\d{2}):(\d{2}\.\d{3})/;

export function cues(text, base) {
  const found = [];
  const lines = text.split(/\r?\n/);
  lines.forEach((line, at) => {
    const time = CUE.exec(line);
    const place = time && /^(.*)#xywh=(\d+),(\d+),(\d+),(\d+)$/.exec(lines[at + 1] ?? "");
    if (!place) return;
    const seconds = (hours, minutes, rest) => Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(rest);
    found.push({
      start: seconds(time[1], time[2], time[3]),
      end: seconds(time[4], time[5], time[6]),
      image: new URL(place[1], base).href,
      rectangle: place.slice(2).map(Number),
    });
  });
  return found;
}

function show(preview, cue, seconds) {
  const [x, y, width, height] = cue.rectangle;
  const frame = preview.querySelector(".frame");
  frame.style.width = `${width}px`;
  frame.style.height = `${height}px`;
  frame.style.backgroundImage = `url("${cue.image}")`;
  frame.style.backgroundPosition = `-${x}px -${y}px`;
  preview.querySelector(".at").textContent = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  preview.hidden = false;
}

export async function thumbnails(range, address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`thumbnails: ${answer.status}`);
  const list = cues(await answer.text(), answer.url);
  const preview = document.querySelector("[data-preview]");
  const at = (fraction) => {
    const seconds = fraction * Number(range.max);
    const cue = list.find((each) => seconds < each.end) ?? list.at(-1);
    if (!cue) return;
    show(preview, cue, seconds);
    const room = range.clientWidth - preview.offsetWidth;
    preview.style.left = `${Math.min(Math.max(0, fraction * range.clientWidth - preview.offsetWidth / 2), room)}px`;
  };
  range.addEventListener("pointermove", (event) => {
    const box = range.getBoundingClientRect();
    at(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  });
  range.addEventListener("input", () => at(Number(range.value) / Number(range.max)));
  for (const event of ["pointerleave", "blur", "change"]) {
    range.addEventListener(event, () => {
      preview.hidden = true;
    });
  }
}
