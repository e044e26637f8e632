/** A PDF of objects, numbered from 1 on; the first is its catalog. */
function pdfOf(objects: readonly string[]): Buffer {
  let text = "%PDF-1.7\n";
  const places = objects.map((object, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = places.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  return Buffer.from(
    `${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
    "latin1",
  );
}

const stream = (content: string, more = "") => `<< /Length ${content.length} ${more} >>\nstream\n${content}\nendstream`;

/** Pages of 200 × 100 points: a green square on the left, a text beside it in a font that every viewer has. */
export function plainPdf(texts: readonly string[]): Buffer {
  const pages = texts.map((_, index) => 4 + index * 2);
  return pdfOf([
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Count ${texts.length} /Kids [${pages.map((page) => `${page} 0 R`).join(" ")}] >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...texts.flatMap((text, index) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Resources << /Font << /F 3 0 R >> >> /Contents ${5 + index * 2} 0 R >>`,
      stream(`0 0.6 0 rg 0 0 50 100 re f 0 g BT /F 12 Tf 60 50 Td (${text}) Tj ET`),
    ]),
  ]);
}

/** All that a PDF can try: script when it is opened and for a page, programs and addresses behind links, fonts whose matrix is code (CVE-2024-4367). */
export function hostilePdf(script: string, address: string): Buffer {
  const run = `<< /S /JavaScript /JS (${script}) >>`;
  return pdfOf([
    `<< /Type /Catalog /Pages 2 0 R /OpenAction ${run} /AA << /WC ${run} >> /Names << /JavaScript << /Names [(a) ${run}] >> >> /AcroForm << /Fields [8 0 R] /XFA (<xdp><script>${script}</script></xdp>) >> >>`,
    "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /AA << /O ${run} >> /Annots [4 0 R 5 0 R 8 0 R] /Resources << /Font << /F 7 0 R >> >> /Contents 6 0 R >>`,
    `<< /Type /Annot /Subtype /Link /Rect [0 0 200 100] /A << /S /URI /URI (${address}) >> >>`,
    `<< /Type /Annot /Subtype /Link /Rect [0 0 200 100] /A << /S /Launch /F (/bin/sh) /NewWindow true >> >>`,
    stream("BT /F 12 Tf 20 50 Td (hostile) Tj ET"),
    `<< /Type /Font /Subtype /Type1 /BaseFont /Evil /FontMatrix [0.001 0 0 0.001 0 (0\\); ${script}; //)] /FontDescriptor << /Type /FontDescriptor /FontName /Evil /Flags 4 >> >>`,
    `<< /Type /Annot /Subtype /Widget /FT /Tx /T (field) /Rect [10 10 90 30] /AA << /K ${run} /F ${run} /C ${run} >> >>`,
  ]);
}
