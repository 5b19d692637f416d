// What every page needs: a session that has ended leads to the sign-in, and an open menu closes like a menu.

const menu = document.querySelector("details.menu");

document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A page that comes back from the browser's memory may show somebody else's session.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
