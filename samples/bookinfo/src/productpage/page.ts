import type { Product, Result } from './catalogue.ts';
import { Html, html } from './html.ts';
import { style } from './style.ts';

const mark = html`<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#fff" fill-opacity=".16"/><path d="M7 8.5c3.4-1.6 6.4-1.2 9 1 2.600-2.200 5.600-2.600 9-1v14c-3.400-1.600-6.400-1.200-9 1-2.600-2.200-5.600-2.600-9-1z" fill="none" stroke="#fff" stroke-width="1.800" stroke-linejoin="round"/><path d="M16 9.500v14" stroke="#fff" stroke-width="1.800"/></svg>`;

/** Two masks for two pairs of twins. */
const cover = html`<svg class="cover" viewBox="0 0 148 204" role="img" aria-label="Cover of the book"><defs><linearGradient id="c" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#f7c873"/><stop offset="1" stop-color="#d9643a"/></linearGradient></defs><rect width="148" height="204" rx="10" fill="url(#c)"/><rect width="10" height="204" fill="#00000026"/><circle cx="118" cy="34" r="52" fill="#ffffff24"/><g stroke="#3a1a10" stroke-width="3" stroke-linecap="round" fill="#fff4e0"><path d="M30 76c18-7 36-7 52 0 2 30-8 52-26 58-18-6-28-28-26-58z"/><path d="M42 92q5-5 10 0M61 92q5-5 10 0M44 110q12 12 24 0" fill="none"/></g><g stroke="#3a1a10" stroke-width="3" stroke-linecap="round" fill="#ffd9a8"><path d="M72 100c18-7 36-7 52 0 2 30-8 52-26 58-18-6-28-28-26-58z"/><path d="M84 116q5 5 10 0M103 116q5 5 10 0M86 142q12-12 24 0" fill="none"/></g><text x="78" y="30" text-anchor="middle" font-family="Georgia,serif" font-size="13" fill="#3a1a10">THE COMEDY</text><text x="78" y="47" text-anchor="middle" font-family="Georgia,serif" font-size="13" fill="#3a1a10">OF ERRORS</text><text x="78" y="186" text-anchor="middle" font-family="Georgia,serif" font-size="10" fill="#3a1a10">W. Shakespeare</text></svg>`;

const starPath =
  'M10 1.600l2.560 5.400 5.840.780-4.270 4.080 1.060 5.840L10 14.870 4.810 17.700l1.060-5.840L1.600 7.780l5.840-.780z';

/** The page of one book. Scripts tell the versions of reviews apart by its words and class names. */
export function productPage(
  product: Product,
  details: Result,
  reviews: Result,
  user: string | undefined,
): string {
  return document(
    user,
    html`<div class="hero">${cover}<div><h1>${product.title}</h1><p>${new Html(product.descriptionHtml)}</p></div></div>`,
    html`${detailsCard(details)}${reviewsCard(reviews)}`,
  );
}

/** The page that explains what the application is made of. */
export function indexPage(
  services: ReadonlyArray<{ name: string; endpoint: string; calls: string }>,
): string {
  const rows = services.map(
    ({ name, endpoint, calls }) =>
      html`<tr><td><b>${name}</b></td><td>${endpoint}</td><td>${calls}</td></tr>`,
  );
  return document(
    undefined,
    html`<div class="hero">${cover}<div><h1>BookInfo Sample</h1><p>Hello! This is a simple bookstore application consisting of three services as shown below</p></div></div>`,
    html`<section class="card wide"><table><tr><th>Service</th><th>Endpoint</th><th>Calls</th></tr>${rows}</table></section>
<section class="card wide"><h2>See the page</h2><p><a href="/productpage?u=normal">Normal user</a> · <a href="/productpage?u=test">Test user</a></p></section>`,
  );
}

function document(user: string | undefined, hero: Html, body: Html): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simple Bookstore App</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
<div class="bar"><a class="brand" href="/productpage">${mark}BookInfo Sample</a><div class="user">${account(user)}</div></div>
${hero}
</header>
<main>
${body}
</main>
</body>
</html>
`.text;
}

function account(user: string | undefined): Html {
  if (user) {
    return html`<span class="avatar" aria-hidden="true">${user.slice(0, 1)}</span><span>${user}</span><a class="button" href="/logout">Sign out</a>`;
  }
  return html`<button class="button" type="button" popovertarget="sign-in">Sign in</button>
<div id="sign-in" popover><h2>Welcome back</h2><p>Any name will do, and no password is asked for.</p>
<form method="post" action="/login" name="login_form"><label>User name<input id="username" name="username" autocomplete="username" required autofocus></label><label>Password<input id="password" name="passwd" type="password" autocomplete="current-password"></label><button class="button" type="submit">Sign in</button></form></div>`;
}

function detailsCard({ status, value }: Result): Html {
  if (status !== 200)
    return html`<section class="card">${notice('Error fetching product details', value.error)}</section>`;
  const rows: Array<[string, unknown]> = [
    ['ISBN-10', value['ISBN-10']],
    ['ISBN-13', value['ISBN-13']],
    ['Publisher', value.publisher],
    ['Pages', value.pages],
    ['Type', value.type],
    ['Language', value.language],
    ['Author', value.author],
    ['Year', value.year],
  ];
  return html`<section class="card"><h2>Book Details</h2><dl>${rows.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>\n`)}</dl></section>`;
}

function reviewsCard({ status, value }: Result): Html {
  if (status !== 200)
    return html`<section class="card">${notice('Error fetching product reviews', value.error)}</section>`;
  const cluster =
    value.clustername && value.clustername !== 'null' && html` on cluster <code>${value.clustername}</code>`;
  return html`<section class="card"><h2>Book Reviews</h2>
${value.reviews.map(review)}
<p class="served">Reviews served by: <code>${value.podname}</code>${cluster}</p></section>`;
}

function review({ reviewer, text, rating }: any): Html {
  return html`<article class="review"><blockquote>“${text}”</blockquote><div class="by"><b>${reviewer}</b>${rating && stars(rating)}</div></article>
`;
}

function stars({ stars: filled, color, error }: any): Html {
  if (error) return html`<span class="notice">${error}</span>`;
  const shapes = [0, 1, 2, 3, 4].map((index) => star(index < filled));
  // The shade is set here, so that the words by which scripts look for colours stand only in pages that have stars.
  const shade = color === 'black' ? 'var(--ink)' : color === 'red' ? '#dc2626' : color;
  return html`<div class="flex gap-x-1 text-${color}-500" style="color:${shade}" title="${filled} of 5"><font color="${color}" class="flex gap-x-1" style="color:inherit">${shapes}</font></div>`;
}

function star(filled: boolean): Html {
  return filled
    ? html`<svg id="glyphicon glyphicon-star" viewBox="0 0 20 20" fill="currentColor" aria-hidden="true"><path d="${starPath}"/></svg>`
    : html`<svg id="glyphicon-star-empty" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.300" aria-hidden="true"><path d="${starPath}"/></svg>`;
}

function notice(title: string, text: string): Html {
  return html`<div class="notice" role="alert"><h2>${title}</h2><p>${text}</p></div>`;
}
