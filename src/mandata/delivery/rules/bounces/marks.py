"""By what a notice, an automatic reply and a challenge are known where nothing structured says so.

Words of subjects and of openings, in the languages in which mail systems write; no sender, host or provider.
"""

import re
from typing import Final

AUTO_SUBJECT: Final = re.compile(
    r"^\W*(?:auto(?:matic|mated|mail)?[ -]?(?:re(?:ply|sponse|spond)|response|answer)|auto:|out of (?:the )?office|"
    r"vacation|"
    r"away from|on leave|on holiday|absence|not in the office|i am (?:away|out)|"
    r"abwesen|automatische antwort|autoantwort|r.ponse automatique|absen(?:t|ce) du bureau|respuesta autom|"
    r"fuera de (?:la )?oficina|risposta automatica|fuori sede|resposta autom|automatisch antwoord|afwezig|automatick|"
    r"automatische|odpowied. automat|nieobecno|mimo kancel|nep..tomn|poissa|autosvar|fr.nvaro|"
    r"不在|自動|автоответ|автоматич)",
    re.IGNORECASE,
)
NOTICE_SUBJECT: Final = re.compile(
    r"undeliver|non.?deliver|delivery.{0,12}(?:status|fail|notif|report|problem|error|delay|unsuccess|incomplete|"
    r"interrupted)|"
    r"fail(?:ed|ure).{0,3}(?:delivery|mail|message|notice)|failure notice|failure delivery|mail failure|mail "
    r"(?:delivery|error)|"
    r"mail (?:system|could not|status|returned|undeliv)|returned (?:e-?mail|message|to sender)|return(?:ed)? to sender|"
    r"could ?n[o']t (?:be )?(?:deliver|sent)|not (?:be )?(?:delivered|sent)|message (?:status|delay|could|not|"
    r"rejected|blocked)|"
    r"message you sent|error sending|sending (?:failed|error)|problem (?:delivering|sending)|unable to (?:deliver|"
    r"send)|"
    r"delivery has failed|bounce|rejected|blocked by|warning: |delayed mail|user unknown|"
    r"unzustellbar|nicht zugestellt|zustellung|unzustell|r.cksendung|"
    r"notification d.{0,3}.tat|non remis|non distribu|chec de (?:la )?(?:remise|distribution)|retourn|"
    r"no (?:se )?(?:pudo )?entreg|no entregado|devuelto|error de entrega|non recapit|mancat[ao] (?:recapito|"
    r"consegna)|non consegnat|"
    r"n.o (?:foi )?entreg|devolvid|niet (?:bezorg|afgeleverd)|onbestelbaar|kan ikke leveres|inte levereras|"
    r"nedoru|nepoda.ilo se doru|nelze doru|vr.cen. zpr|nie(?:dor|dost)|niedostarcz|недоставлен|не доставлен|"
    r"配信|配達|エラー|不達|退信|系统退信|投递失败|無法傳遞",
    re.IGNORECASE,
)
TITLE: Final = re.compile(
    r"(?:failure notice|undelivered mail returned|undeliver(?:able|ed)\b|delivery (?:status notification|failure|has "
    r"failed)|"
    r"mail delivery (?:fail|sub)|mail system error|returned mail|\[bounce\]|failed delivery|delivery notification|"
    r"non remis|"
    r"non recapit|mail could not be delivered|there was an error sending|sorry, your message could not)",
    re.IGNORECASE,
)
DAEMON: Final = re.compile(
    r"mailer-?daemon|post_?master|mail ?deliver|mail ?system|mail ?administrator|delivery (?:sub)?system|"
    r"administrator@|system administrator|bounce|mail ?daemon|mailer@|\bmta\b|mail server|mail router|<>|"
    r"mail ?filter|gateway",
    re.IGNORECASE,
)
OPENING: Final = re.compile(
    r"could ?n[o']t be (?:delivered|sent)|could not deliver|(?:un|not )able to (?:be )?deliver|cannot be delivered|"
    r"can.t be delivered|"
    r"was ?n[o']t (?:be )?deliver|were not delivered|not been delivered|has not (?:yet )?been delivered|undeliver|"
    r"fail(?:ed|ure) (?:to (?:be )?deliver|permanently|to send)|delivery (?:to|of|has|attempt|failed|failure|status|"
    r"error|problem)|"
    r"this is the (?:mail|postfix|qmail|\S+) (?:system|program|delivery|send)|created automatically by (?:the "
    r")?(?:mail|e-?mail)|"
    r"did not reach the following|following (?:address|recipient|destination|user|message|mail)\w*(?:\(?e?s\)?)? "
    r"(?:had|failed|has|have|was|were|did|could|can)|"
    r"addresses had (?:delivery|permanent|transient|fatal)|(?:transcript|details) of (?:the )?session|permanent "
    r"fatal errors|"
    r"message (?:to|you sent|that you sent|sent to).{0,120}(?:blocked|rejected|refused|returned|fail|not (?:be "
    r")?deliver|bounced)|"
    r"(?:rejected|refused|returned) (?:by|the following|your|recipient)|there was an error (?:delivering|sending)|"
    r"remote (?:host|server) (?:said|returned|replied)|reason (?:of|for) (?:the )?(?:failure|return|rejection)|"
    r"error\(s\):|"
    r"unknown (?:user|recipient)|user unknown|no such user|delivery report|non-?delivery|returned (?:mail|message|to "
    r"sender)|"
    r"message non-deliverable|was returned to|has been returned|returning (?:your )?message|bounced|"
    r"konnte nicht (?:zugestellt|.bermittelt)|nicht zugestellt|unzustellbar|n'a (?:pas )?pu .tre|n'a pas .t. "
    r"(?:remis|distribu)|"
    r"no (?:se )?(?:ha )?(?:podido|pudo)|no fue posible entregar|non .{0,12}(?:stato )?(?:consegnat|recapitat)|"
    r"impossibile (?:consegnare|recapitare)|"
    r"n.o (?:p.de ser|foi) entreg|kon niet worden|nelze doru|nebyl[ao]? (?:mo.n. )?doru|nepoda.ilo (?:se )?doru|nie "
    r"m.g|nie zosta.{0,3} dostarcz|"
    r"配信でき|配信され|送信でき|届け|届き|送れま|宛先不明|エラーメッセージ|недоставлен|"
    r"не может быть доставлен|не удалось доставить|无法(?:投递|送达)|退信",
    re.IGNORECASE,
)
REPLY: Final = re.compile(
    r"(?<![\w.-])[45]\d\d[ -]#?[45]\.\d{1,2}\.\d{1,3}\b|\(#[45]\.\d{1,2}\.\d{1,3}\)|(?<![\w.-])(?:421|4[25][0-9]|"
    r"5[05][0-9]) "
    r"[A-Za-z<]|\bsmtp\b|rcpt to|<<< [45]\d\d",
    re.IGNORECASE,
)
CHALLENGE: Final = re.compile(
    r"confirm (?:that you|your (?:e-?mail|message|address|identity)|this message)|verify (?:that you|your (?:e-?mail|"
    r"message|address))|"
    r"sender verification|challenge|whitelist|white list|allow(?:ed)? list|prove (?:that )?you|are you human|spam "
    r"?arrest|"
    r"click (?:here|the link|on the link).{0,80}(?:deliver|release|confirm)|best.tigen sie (?:ihre|diese)|potvr.te",
    re.IGNORECASE,
)
COMPLAINT: Final = re.compile(
    r"^\W{0,8}(?:\[\w+\] )?(?:complaint about (?:a )?message from|(?:e-?mail )?feedback report|(?:spam|abuse) "
    r"(?:complaint|report)|"
    r"complaint from)",
    re.IGNORECASE,
)
"""So begin the subjects of complaints that bring the original back and no fields of RFC 5965."""
ANSWER: Final = re.compile(
    r"^\W*(?:re|aw|antw|sv|odp|vs|rif|rép|fwd?|wg|tr|rv|i|doorst)(?:\[\d+\])?\s*:", re.IGNORECASE
)
