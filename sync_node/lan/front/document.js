import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
window.x = getDocument;
