export const signIn = {
  title: "Log in",
  over: "Your session has ended. Log in again, or open a new link.",
  name: "Name",
  password: "Password",
  submit: "Log in",
  link: {
    working: "Opening the console…",
    failed: "The link did not open the console",
  },
  local: "On the gateway's own machine, this command opens the console without a password:",
  command: "cairn open",
  invited: "You were invited?",
  signUp: "Sign up",
} as const;

export const signUp = {
  title: "Sign up",
  lead: "With the invite that you were given.",
  closed: "This gateway takes no new users now. Its operator can send you an invite.",
  invite: "Invite",
  inviteHint: "43 letters and digits; already filled in where you followed a link",
  passwordHint: "At least 12 characters; several words are good",
  submit: "Sign up",
  haveOne: "You have a name and password?",
} as const;
