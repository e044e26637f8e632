/** What a Flask application says to unknown routes and wrong methods. */
const page = (title: string, heading: string, text: string) => `<!doctype html>
<html lang=en>
<title>${title}</title>
<h1>${heading}</h1>
<p>${text}</p>
`;

export const NOT_FOUND_PAGE = page(
  "404 Not Found",
  "Not Found",
  "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
);

export const METHOD_NOT_ALLOWED_PAGE = page(
  "405 Method Not Allowed",
  "Method Not Allowed",
  "The method is not allowed for the requested URL.",
);
