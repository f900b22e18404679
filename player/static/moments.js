// Takes the player to a moment: the one that the page was opened for, and those that stand beside it.

export function moments(video, first) {
  const go = (seconds) => {
    video.currentTime = seconds;
  };
  if (Number.isFinite(first) && first > 0) {
    if (video.readyState >= HTMLMediaElement.HAVE_METADATA) go(first);
    else video.addEventListener("loadedmetadata", () => go(first), { once: true });
  }
  for (const button of document.querySelectorAll("[data-moment]")) {
    button.addEventListener("click", () => {
      go(Number(button.dataset.moment));
      video.scrollIntoView({ block: "nearest" });
    });
  }
}
