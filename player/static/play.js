// Plays a view: hls.js where Media Source Extensions are there, the browser's own HLS elsewhere.
// Asks only for addresses under the view, each of which the server permits anew; reports nothing to anyone.

import Hls from "./vendor/hls.mjs";
import { marking } from "./marking.js";
import { moments } from "./moments.js";
import { thumbnails } from "./thumbnails.js";

const screen = document.querySelector("[data-playlist]");
const video = screen.querySelector("video");
const failure = document.querySelector("[data-failure]");
const FRAME_SECONDS = 1 / 25;

function fail(detail) {
  failure.hidden = false;
  failure.querySelector("[data-detail]").textContent = detail;
}

function attach(address) {
  if (Hls.isSupported()) {
    // No worker: it would come from a blob address, and remuxed fMP4 leaves it nothing to do.
    const hls = new Hls({ enableWorker: false, maxBufferLength: 30 });
    hls.on(Hls.Events.ERROR, (_event, error) => {
      if (error.fatal) {
        fail(`${error.details} ${error.response?.code ?? ""}`);
        hls.destroy();
      }
    });
    hls.loadSource(address);
    hls.attachMedia(video);
  } else {
    video.src = address;
    video.addEventListener("error", () => fail(video.error?.message ?? ""));
  }
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

function controls() {
  const range = document.querySelector("[data-scrub]");
  const shown = document.querySelector("[data-clock]");
  const told = () => {
    const length = Number.isFinite(video.duration) ? video.duration : 0;
    range.max = String(length);
    if (!range.matches(":active")) range.value = String(video.currentTime);
    range.setAttribute("aria-valuetext", clock(video.currentTime));
    shown.textContent = `${clock(video.currentTime)} / ${clock(length)}`;
  };
  for (const event of ["timeupdate", "durationchange", "seeked"]) video.addEventListener(event, told);
  range.addEventListener("input", () => {
    video.currentTime = Number(range.value);
  });
  document.querySelector("[data-rate]").addEventListener("change", (event) => {
    video.playbackRate = Number(event.target.value);
  });
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      video.pause();
      video.currentTime += Number(button.dataset.step) * FRAME_SECONDS;
    });
  }
  return range;
}

attach(screen.dataset.playlist);
const range = controls();
moments(video, Number(screen.dataset.at));
marking(video);
if (screen.dataset.thumbnails) {
  thumbnails(range, screen.dataset.thumbnails).catch(() => range.removeAttribute("title"));
}
