// Opens a page of the dashboard in this tab, as a click on one of Streamlit's own links does: one entry in the history, and
// the same session. `st.switch_page` would add an entry between the pages, with the path of one and the parameters of the other.

const openPage = (href) => {
  history.pushState({ isLink: true }, "", href); // for history.js
  window.dispatchEvent(new PopStateEvent("popstate"));
};
