/** What our processes need of the environment, or are set by: programs, home and temporary files, language and zone, certificates, proxies. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|LANG|LC_[A-Z]+|TZ|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|NODE_USE_ENV_PROXY|NODE_COMPILE_CACHE|NODE_V8_COVERAGE|CAIRN_[A-Z_]+)$/;
const PROXIES = /^(HTTP_PROXY|HTTPS_PROXY|ALL_PROXY|NO_PROXY)$/i;
/** Settings of libpq, which are meant for the server that DATABASE_URL names: ours takes nothing from them. */
const DATABASE = /^(DATABASE_URL|PG[A-Z]+)$/;

/** The part of `environment` that a child process of ours is given. */
export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const external = Boolean(environment.DATABASE_URL);
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => PASSED.test(name) || PROXIES.test(name) || (external && DATABASE.test(name)),
    ),
  );
}
