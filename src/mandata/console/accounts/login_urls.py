"""The pages of django-allauth that we use, one by one: what is not here does not exist."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from allauth.usersessions import views as sessions
from django.urls import path
from django.views.generic import RedirectView

from mandata.console.accounts import entrance

urlpatterns = [
    path("", account.login, name="account_login"),
    path("out/", account.logout, name="account_logout"),
    path("register/", entrance.register, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.email_verification_sent, name="account_email_verification_sent"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/confirm/", account.confirm_password_reset_code, name="account_confirm_password_reset_code"),
    path("password/reset/complete/", account.complete_password_reset, name="account_complete_password_reset"),
    path("password/reset/done/", account.password_reset_from_key_done, name="account_password_reset_completed"),
    path("again/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("address/", account.email, name="account_email"),
    path("factors/", RedirectView.as_view(pattern_name="accounts:security"), name="mfa_index"),
    path("factor/", mfa.authenticate, name="mfa_authenticate"),
    path("factor/again/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("factors/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("factors/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("factors/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("factors/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("factors/codes/file/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("factors/keys/", keys.list_webauthn, name="mfa_list_webauthn"),
    path("factors/keys/add/", keys.add_webauthn, name="mfa_add_webauthn"),
    path("factors/keys/<int:pk>/remove/", keys.remove_webauthn, name="mfa_remove_webauthn"),
    path("factors/keys/<int:pk>/edit/", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path("factors/keys/again/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("passkey/", keys.login_webauthn, name="mfa_login_webauthn"),
    path("sessions/", sessions.list_usersessions, name="usersessions_list"),
]
