const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
const LOOPBACK = "localhost,127.0.0.1,::1,[::1]";

/**
 * What is added to the environment so that no proxy in it is asked for this machine itself: a proxy elsewhere would look for the network there.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
export function pastProxies(environment) {
  if (!PROXIES.some((name) => environment[name])) return {};
  // Node takes the lower-case one first, where both are there.
  const told = environment.no_proxy || environment.NO_PROXY;
  const value = told ? `${told},${LOOPBACK}` : LOOPBACK;
  return { NO_PROXY: value, no_proxy: value };
}
