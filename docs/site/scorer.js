// Ranks search results: guides first, decisions and records last.
const GUIDES = /^docs\/(guides\/|uploader$|large-files$|uppy$)/;
const RECORDS = /^(CHANGELOG$|docs\/(adr\/|reports\/|proof$|contract$))/;
var Scorer = {
  score([docname, , , , score]) {
    if (GUIDES.test(docname)) return score + 10;
    return RECORDS.test(docname) ? score - 100 : score;
  },
  // Sphinx's own weights.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
