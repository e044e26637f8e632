export type { AccountsContext } from "./accounts-context.ts";
export { forgetExpired } from "./forget.ts";
export { type HouseAccount, houseAccount } from "./house/house-account.ts";
export { createInvite, type NewInvite } from "./invites/create-invite.ts";
export { type Invite, listInvites } from "./invites/list-invites.ts";
export { type SignUp, signUp } from "./invites/sign-up.ts";
export { withdrawInvite } from "./invites/withdraw-invite.ts";
export { countReads } from "./limits/count-reads.ts";
export { DEFAULT_LIMITS, type Limits, limitsOf, NO_LIMITS, setLimits } from "./limits/limits.ts";
export { packagesOf, requirePackageRoom } from "./limits/require-room.ts";
export { takeGrant } from "./limits/take-grant.ts";
export { type HeldBytes, Uploads } from "./limits/uploads.ts";
export { giveBack, use, usedOf } from "./limits/use.ts";
export { createLink } from "./links/create-link.ts";
export { useLink } from "./links/use-link.ts";
export { type Login, logIn } from "./log-in/log-in.ts";
export { accountsMigrations } from "./migrations.ts";
export { tellOfEvents, tellOfState } from "./notices/decide/decide-notices.ts";
export type { BalancePorts } from "./notices/decide/tell-balances.ts";
export { deliverNotices } from "./notices/deliver/deliver-notices.ts";
export type { Mailer } from "./notices/deliver/mailer.ts";
export { type SmtpSettings, smtpMailer } from "./notices/deliver/smtp-mailer.ts";
export { followNotices } from "./notices/follow-notices.ts";
export { forgetNotices } from "./notices/forget-notices.ts";
export {
  ALLOWED_FREQUENCIES,
  CHANNELS,
  DEFAULT_NOTICE_SETTINGS,
  FREQUENCIES,
  NOTICE_KINDS,
  type NoticeKind,
  type NoticeSettings,
} from "./notices/kinds.ts";
export { countUnread, cursorOfNotice, listNotices } from "./notices/list-notices.ts";
export { markRead } from "./notices/mark-read.ts";
export type { Notice } from "./notices/notice.ts";
export { noticeSettingsOf, setNoticeSettings } from "./notices/settings.ts";
export { addWebhook } from "./notices/targets/add-webhook.ts";
export { changeWebhook } from "./notices/targets/change-webhook.ts";
export { confirmMailAddress } from "./notices/targets/confirm-mail-address.ts";
export { listDeliveries } from "./notices/targets/list-deliveries.ts";
export { findWebhook, listWebhooks } from "./notices/targets/list-webhooks.ts";
export { mailAddressOf, removeMailAddress, requireMailAddress } from "./notices/targets/mail-address.ts";
export { removeWebhook } from "./notices/targets/remove-webhook.ts";
export { setMailAddress } from "./notices/targets/set-mail-address.ts";
export { testNotice } from "./notices/test-notice.ts";
export { SIGN_UPS, type SignUpPolicy, setSignUpPolicy, signUpPolicy } from "./policy.ts";
export { commonScopes, type Principal, ROLES, type Role, SCOPES, type Scope, scopesOf } from "./scopes.ts";
export { csrfToken, hashSecret } from "./secrets.ts";
export { endSession } from "./sessions/end-session.ts";
export { listSessions, type Session } from "./sessions/list-sessions.ts";
export type { OpenedSession } from "./sessions/open-session.ts";
export { principalOfSession } from "./sessions/principal-of-session.ts";
export { createToken, type NewToken } from "./tokens/create-token.ts";
export { HOME_ACCOUNT, keepHomeToken } from "./tokens/keep-home-token.ts";
export { listTokens, type Token } from "./tokens/list-tokens.ts";
export { principalOfToken } from "./tokens/principal-of-token.ts";
export { revokeToken } from "./tokens/revoke-token.ts";
export { addUser, type NewUser } from "./users/add-user.ts";
export { changeOwnPassword } from "./users/change-own-password.ts";
export { changePassword } from "./users/change-password.ts";
export { findUser } from "./users/find-user.ts";
export { listUsers } from "./users/list-users.ts";
export { removeUser } from "./users/remove-user.ts";
export type { User } from "./users/user.ts";
export { addWallet, type NewWallet } from "./wallets/add-wallet.ts";
export { custodialSigner, makeCustodialKey } from "./wallets/custody.ts";
export { findWallet } from "./wallets/find-wallet.ts";
export { keystoreOf } from "./wallets/keystore-of.ts";
export { listWallets } from "./wallets/list-wallets.ts";
export { openerIsThere } from "./wallets/opener-is-there.ts";
export { requireOwnerType } from "./wallets/owner-types.ts";
export { setDefaultWallet } from "./wallets/set-default-wallet.ts";
export { LONGEST_MINUTES, type Opener, Vaults } from "./wallets/vaults.ts";
export { WALLET_KINDS, type Wallet, type WalletKind } from "./wallets/wallet.ts";
export { DEFAULT_CONFIRMATIONS, watchedWallet, watchedWallets } from "./wallets/watched-wallets.ts";
