"""Phrases that servers use for one thing only, by reason: asked before the general words of `phrases`.

Each is a way of saying it that many servers share; none names a file, a host or a provider. The order is that of
trying: what says why stands before what only says that.
"""

from typing import Final

KNOWN: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    # What the programs themselves say, before they know a server's words.
    ("exceedlimit", (
        r"message size exceeds recipient", r"too large for this recipient", r"recipsizelimit",
        r"size limit of the recipient",
    )),
    ("hostunknown", (
        r"host address lookups? failed permanently", r"mx records? point to non-?existent", r"domain doesn.?t exist",
        r"\bunknownhost\b", r"domain has no (?:mx|mail)",
    )),
    ("notaccept", (
        r"indicated no smtp service", r"no host found for existing smtp", r"reject all mails",
        r"not accepting network messages", r"type=mx: malformed",
    )),
    ("networkerror", (
        r"no relevant answers", r"no mx found for", r"no valid route to", r"address family mismatch", r"bad dns lookup",
        r"could not retrieve source address", r"maximum hop count", r"find a mail exchanger",
        r"best-?preference mx", r"mx lookup", r"all routes to .{0,60}blocked", r"\b00120270\b",
    )),
    ("expired", (
        r"not accept our requests to connect", r"could not contact dns servers", r"establish an smtp connection",
        r"host not reachable",
    )),
    ("syntaxerror", (
        r"angle-?brackets nested", r"expected word or", r"domain missing in source-?routed", r"malformed address",
        r"unrecogni[sz]ed command", r"bad sequence of commands", r"command (?:parameter )?(?:is )?not implemented",
        r"syntax error (?:in|at|-) .{0,20}(?:command|parameter)",
    )),
    ("systemerror", (
        r"several matches found", r"delivery to (?:file|pipe) forbidden", r"local delivery failed", r"lmtp error after",
        r"temporary mta failure", r"next-?hop mta", r"relay message back", r"homedir creat", r"\bldap (?:server|attr|"
        r"look)",
        r"bad interpreter", r"dns violates", r"\b00010256\b|\b000d06b5\b", r"loop alert", r"duplicated message-id",
        r"loop condition", r"from loop",
    )),
    ("securityerror", (
        r"could not retrieve credentials", r"incorrect authentication data", r"exchange server authentication",
        r"turn on smtp authentication", r"security ?alert", r"\b000b0981\b",
    )),
    ("userunknown", (
        r"not listed in (?:the )?(?:public |domino |directory)", r"(?:could ?n.t|could not) be found. check for",
        r"address (?:could ?n.t|could not) be found", r"non r.pertori",
        r"\b000c05a6\b", r"recipient name is not recogni[sz]ed", r"\bunknownuser\b",
    )),
    ("filtered", (
        r"cannot route mail to user", r"preferences prevent messages", r"\b000c0595\b",
    )),
    ("contenterror", (
        r"\bbad header\b", r"too many .?received", r"too many related errors", r"\b00050311\b|\b000502cc\b",
    )),
    ("blocked", (
        r"ip not in whitelist", r"accept mail from your mail server", r"threshold of invalid recipients",
        r"ip address has exceeded",
    )),
    ("toomanyconn", (
        r"message threshold exceeded", r"multiple destination domains", r"too many new connections",
    )),
    ("virusdetected", (r"rejected due to security policies",)),
    ("policyviolation", (r"no data before greeting", r"attachment extension is forbidden")),
    ("rejected", (r"mail sending denied",)),
    ("norelaying", (r"following smtp relay error",)),
    ("blocked", (
        r"(?:client host|\bips?\b|adresse ip|ip address)\W.{0,30}(?:blocked|bloqu.e|banned|black-?listed|gesperrt)",
        r"\bcdrbl\b",
    )),
    ("mailboxfull", (
        r"account disabled temporar.{0,20}exceeding", r"bo.te du destinataire pleine", r"(?:casella|casilla|"
        r"buz.n).{0,20}"
        r"(?:piena|llen)", r"mailbox.{0,12}(?:voll|.berf.llt|plein)", r"not have enough (?:disk )?space",
        r"(?:is |be )over (?:the |its |his |their )?(?:allowed |disk |mail |storage )*quota",
        r"(?:over|exceeds?|beyond) (?:the |its |their )?allowed quota", r"mail ?box (?:storage )?size (?:limit "
        r")?exceed",
        r"mail(?:box)? file size exceeds", r"(?:domain|user)disk quota", r"reached (?:the |its |his |their )?(?:disk "
        r")?quota",
        r"mailbox would exceed", r"space has been used up", r"too many messages (?:on|in) (?:the |this )?(?:server|"
        r"mail)",
        r"quota.{0,20}(?:reached|used up|would be)", r"mail ?box (?:is )?(?:currently )?full", r"inbox is full",
        r"out ?of ?storage", r"exceeded storage allocation", r"storage (?:limit|quota) (?:exceed|reach)",
    )),
    ("systemfull", (
        r"mail system full", r"(?:file ?system|system storage|server|spool|mail queue) (?:is )?full",
        r"no space left on device",
        r"insufficient system storage", r"queue too full",
    )),
    ("contenterror", (
        r"header size exceed", r"message header size", r"mime complexity", r"unnecessary base64", r"too many received",
        r"too many (?:mime|body) parts", r"(?:message|mail) (?:has|contains) (?:an? )?(?:invalid|bare|null)",
    )),
    ("mesgtoobig", (
        r"line limit exceeded", r"maximum inbound message size", r"message length exceeds", r"taille limite du message",
        r"max(?:imum)? message size", r"message (?:size )?exceeds (?:the )?(?:fixed |max|size)",
        r"(?:message|nachricht|mensaje).{0,20}(?:zu gro|demasiado grande|trop (?:gros|volumineux)|troppo grande)",
        r"message exceeds? (?:the )?maximum", r"message too (?:big|large|long)",
    )),
    ("suspend", (
        r"temporar(?:il)?y locked", r"(?:is|has been|was) (?:currently |temporarily )?suspended", r"suspend the "
        r"service",
        r"mailbox unavailable or access denied", r"mail(?:box)? (?:is |currently )*(?:suspended|frozen)",
        r"account (?:is |was |has been )?(?:suspended|disabled|deactivated|locked)",
        r"konto.{0,20}(?:gesperrt|deaktiviert)", r"cuenta.{0,20}(?:suspendida|desactivada|inactiva)",
        r"compte.{0,20}(?:suspendu|d.sactiv|inactif)",
    )),
    ("requireptr", (
        r"(?:bad|missing|no|invalid|without).{0,20}\bptr\b", r"\bptr\b.{0,30}(?:record|missing|invalid|resource|"
        r"required)",
        r"(?:missing|no|invalid|without|forbidden by invalid) (?:a )?(?:rdns|reverse)", r"reverse (?:dns|lookup)",
        r"hostname of (?:your|the sending)",
    )),
    ("authfailure", (
        r"spf\.pobox\.com", r"sender.{0,20}spf (?:check|record)", r"\bper (?:its|it's|their) spf",
        r"(?:spf|dkim|dmarc|arc).{0,20}(?:fail|not pass|did not|invalid|missing|required|policy|permerror|softfail|"
        r"settings)",
        r"(?:fail|violat|not pass|did not|because of|due to).{0,40}\b(?:spf|dkim|dmarc)\b",
        r"sender (?:is )?(?:un|not )authenticated", r"invalid ip for sending mail of domain",
    )),
    ("toomanyconn", (
        r"connection rate limit", r"(?:per-domain|concurrent|simultaneous) connection", r"too many (?:concurrent |"
        r"simultaneous "
        r"|open |smtp )*(?:connections|sessions)", r"max(?:imum)? (?:number of )?(?:emails|messages|mails) per hour",
        r"max emails per hour", r"throttling failure", r"trop de connexions", r"numerous attempts to deliver",
        r"connection(?:s)? (?:limit|frequency)", r"maximum sending rate", r"exceeded.{0,20}connections",
    )),
    ("speeding", (
        r"receiving (?:mail|email|messages) (?:at|too) ?(?:a rate|quickly)?", r"(?:sending|sent) too (?:fast|quickly|"
        r"many)",
        r"rate that prevents", r"(?:message|mail|user|host|sender|sending|submission) (?:send(?:ing)? )?rate limit",
        r"rate limit(?:ed|ing)? (?:exceeded|reached)", r"ratelimit", r"slow down", r"too (?:much|many) mails? (?:in|"
        r"from)",
        r"too fast", r"(?:message|email|mail) rate (?:exceed|limit)", r"throttled",
    )),
    ("badreputation", (
        r"(?:low|poor|bad|no|insufficient|negative) (?:e?-?mail |ip |domain |sender |sending |web )*reputation",
        r"reputation (?:score|of the|is|for|problem|too|below|filter|level|data)", r"\breputation\b",
    )),
    ("norelaying", (
        r"as a relay\b", r"not (?:a )?local host", r"is not (?:a )?local(?: domain)?,? ?(?:rejecting|gateway|and)",
        r"(?:don'?t|do not|can'?t|cannot|won'?t) (?:handle|accept|relay) (?:mail|messages?|e-?mail)? ?for\b",
        r"isn'?t in (?:my|our|the) list of allowed rcpthost(?!s)", r"relaying (?:mail )?(?:to|not|denied|is|"
        r"prohibited)",
        r"no relaying", r"unable to relay", r"relay (?:access|not|denied|prohibited|operation)",
        r"(?:ce|este|weiterleitung)"
        r".{0,30}(?:relais|relay).{0,20}(?:non|no|nicht)", r"you are not allowed to relay", r"must be (?:local|"
        r"hosted here)",
    )),
    ("userunknown", (
        r"(?:is |in )?(?:in )?(?:my |our |the )?bad[-_ ]?(?:rcpt|recipient)(?:to)?", r"valid[-_ ]?rcptto",
        r"not in (?:my |our )?valid",
        r"<[^>]*> not found", r"\b_>? (?:not found|does not exist|unknown|no such user)", r"not present in directory",
        r"can(?:'|no)t accept user", r"^does not exist\W{0,8}$", r"mailbox (?:not|isn't) (?:present|found|known|"
        r"available|here)",
        r"mailbox \S+ (?:unavailable|unknown|does not exist|not found)", r"nessun utente", r"(?:utente|utilisateur|"
        r"usuario|"
        r"benutzer|empf.nger|destinatario|destinataire|u.ivatel|gebruiker|anv.ndare|odbiorca)\W.{0,30}(?:inconnu|"
        r"sconosciuto|"
        r"desconocido|unbekannt|no existe|non esiste|n'existe|existiert nicht|neexistuje|nezn.m|onbekend|ok.nd|"
        r"nieznany|"
        r"inexistente|inexistant|nicht gefunden|introuvable|no encontrado|non trovato)",
        r"(?:unbekannt|inconnu|desconocid|sconosciut|onbekend|nieznan)\w* (?:empf|user|adress|benutzer|destin|utente|"
        r"usuario)",
        r"no existe (?:dicha|ese|el|la)", r"adresse.{0,40}(?:invalide|inconnue|n'existe)", r"no .{0,40} in name "
        r"directory",
        r"no matches to name ?server", r"account unavailable", r"rcpt <?\S*>? does not exist", r"recipient not (?:ok|"
        r"local)",
        r"recipient ?not ?found", r"rejected recipients", r"envelope recipient (?:has been )?denied",
        r"(?:this |the )(?:spectator|user|person|member) (?:does ?n.?t|do not|has no)", r"does ?n'?t have an? "
        r".{0,30}account",
        r"missing home directory", r"user unknown", r"check if (?:the )?address is correct", r"deliver message to "
        r"\S+ \(and other recipients", r"no such (?:user|recipient|mailbox|person|account|address|local user)",
        r"unknown (?:user|recipient|mailbox|address|account|local)", r"user (?:doesn.t|does not|not) exist",
        r"wrong or no longer valid", r"(?:invalid|nonexistent|non-existent) (?:recipient|mailbox|user|address)",
        r"(?:recipient|address) (?:is )?(?:undeliverable|invalid|unknown|not (?:exist|found|known))",
        r"(?:address|mailbox|recipient|user|account|alias|e?-?mail)(?: \S+)? (?:does not|doesn't|do not) exist",
        r"address no longer accepts", r"no longer (?:works|employed|with (?:us|the|this)|a (?:customer|user|member|"
        r"valid))",
    )),
    ("filtered", (
        r"blocked by the recipient", r"not found recipient account", r"user ?reject", r"is not accepting any mail",
        r"(?:recipient|user) (?:refuses|refused|does not want) to (?:accept|receive)", r"valid-address-filter",
        r"has (?:blocked|refused|rejected) (?:mail|your|you|this sender|messages)", r"rejected by (?:the "
        r")?(?:recipient|user)",
    )),
    ("hostunknown", (
        r"domain (?:must|may not|does not|doesn't|did not) (?:exist|resolve)", r"domain or user (?:may|is)",
        r"recipient domain must", r"mail domain mentioned in", r"(?:domaine|dom.nio|dominio|domain|domena|dom.na|"
        r"host|server)\W"
        r".{0,30}(?:inconnu|desconocido|sconosciuto|unbekannt|no existe|n'existe|neexistuje|nicht gefunden|inexistant)",
        r"no such (?:domain|host)", r"unknown (?:domain|host)", r"account or domain may not exist",
        r"dns (?:type|domain).{0,80}(?:nxdomain|not found|does not exist)", r"host or domain name not found",
    )),
    ("virusdetected", (
        r"(?:because of|contains?|infected with|detected|due to) (?:an? )?(?:virus|malware|worm|trojan)",
        r"virus (?:found|detected|infected|contamin|scan)", r"your (?:message|mail|e-?mail) (?:was )?(?:infected|"
        r"contains a virus)",
    )),
    ("spamdetected", (
        r"^\W{0,8}(?:smtp; )?(?:5\d\d )?(?:5\.\d+\.\d+ )?(?:reject(?:ed)?\W{0,3})?(?:id=\S+ -? ?)?spam\W{0,8}$",
        r"block(?:ed)? for (?:spam|abuse)",
        r"no spam please", r"\bspam\b.{0,30}(?:block|not accept|reject|refus|check|points|score|list|exceed|e-?mail|"
        r"messages?)",
        r"(?:accept|too much|probabl[ey]|consider|consider as|consider(?:ed)? (?:as )?|identified|detected|"
        r"suspect(?:ed)?|triggered a|similar to|"
        r"denied due to|like|sender is a?|spammer|contains?|as|is|possible|likely|due to) (?:\S+ )?spam",
        r"\bspam(?:mer|ming|bouncer|assassin)", r"bulk (?:e-?)?mail(?: not|er)?", r"mass mailer", r"bulk\W?advertising",
        r"content filter rejection", r"mail content denied", r"message content rejected", r"message filtered",
        r"rejecting (?:banned|mail) content", r"mail rejete", r"recurrent pattern", r"probability of (?:being )?spam",
        r"\buribl\b", r"url(?:s)? (?:is |are )?(?:listed|blacklisted)", r"spam (?:and|or|/) ?virus", r"reject, id=\S+",
        r"triggered a spam", r"blocked by our filter", r"detected that this message is (?:\S+ )*(?:likely "
        r")?(?:unsolicited|spam|suspicious)",
        r"your e?-?mail appears similar", r"unsolicited (?:bulk|commercial|e?-?mail|mail)", r"indésirable|ind\Ssirable",
        r"(?:als|como|comme|come) spam",
    )),
    ("rejected", (
        r"emetteur invalide", r"mail from not owned", r"batv", r"sender (?:domain )?(?:is |was )?(?:empty|not "
        r"pre-?approved|in my black)",
        r"sender isn't on the recipient", r"sender.{0,20}blacklisted", r"black-?listed (?:sender|from)",
        r"rule imposed mailbox access",
        r"empty e?-?mail address", r"empty envelope senders", r"unsigned dsn", r"e-?mail address is not verified",
        r"not a registered gateway", r"unrout?able sender", r"from: domain is invalid", r"valid sender domain",
        r"returned mail not accepted", r"not (?:a )?(?:verified|registered) sender", r"envelope blocked",
        r"(?:sender|mail from|from address) (?:address )?(?:is |was )?(?:rejected|refused|denied|invalid)",
        r"denied by (?:the )?sender", r"connections not accepted from servers without a valid sender",
        r"(?:email )?address is (?:on|in) .{0,20}sender.{0,10}(?:config )?list", r"sender.{0,30}(?:does not exist|"
        r"could not be verified|"
        r"verify failed|verification failed|unverifiable|callout)", r"from address (?:is )?(?:invalid|not|reject)",
        r"domain of sender address .{0,40}does not", r"recursive cname", r"mx records? for .{0,60}(?:violat|invalid|"
        r"point)",
    )),
    ("policyviolation", (
        r"(?:members?|subscribers?)[- ]only (?:mailing )?list", r"closed mailing list", r"not (?:allowed|permitted) "
        r"to post",
        r"not subscribed to (?:this|the) (?:group|list)", r"header (?:are not accepted|error)",
        r"organi[sz]ation(?:al)? (?:settings|policy)",
        r"given low priority", r"messages with multiple addresses", r"protocol violation", r"potential(?:ly)? "
        r"(?:security|danger|unsafe|harm)",
        r"content presents a potential", r"images or other attachments", r"allowable number of posts",
        r"illegal attachment",
        r"local polic(?:y|ies)", r"for policy reasons", r"policy (?:rejection|violation|reasons?)",
        r"politique (?:locale|de s)", r"richtlinie",
    )),
    ("securityerror", (
        r"not subscribed to ses", r"authenti\w+ (?:requise|invalide)", r"is a dead domain", r"authentication "
        r"(?:failure|failed)",
        r"was not authenticated", r"unauthenticated senders not allowed",
    )),
    ("blocked", (
        r"client host (?:rejected|\S+ blocked|blocked)", r"(?:your |the )?(?:ip|address|host|server|network)s?\W.{0,40}"
        r"(?:black-?list|block-?list|denylist|banned|blocked)", r"access from ip", r"\bcdrbl\b", r"confirm this mail "
        r"server", r"currently sending spam",
        r"e-?mail blocked by", r"blocked (?:by|using|because|for|-|due)", r"refused - see", r"bad ip profile",
        r"^\W{0,8}go away\W{0,8}$",
        r"helo command rejected", r"is in (?:a|an|our|the) (?:\S+ )?(?:black|block) ?-?list", r"mail from _? ?refused",
        r"from your (?:ip|server|network|host|domain)\b.{0,30}(?:block|refus|reject|not|ban|denied)?", r"smtp server "
        r"of your isp",
        r"sending mta", r"open (?:proxy|relay)", r"forbidden by your ip", r"unverif\w+ sending",
        r"to submit messages to this",
        r"too many (?:spams|unwanted)", r"dynamic ip", r"hosts? with dynamic", r"not allowed to (?:connect|send mail "
        r"from)", r"requires confirmation",
        r"looks suspiciously like spam", r"bad sender ip", r"not currently accepting mail from your",
        r"esmtp not accepting",
        r"no access from mail server", r"you are sending spam", r"http://\S*spamcop", r"purported responsible",
        r"too many spam",
    )),
    ("systemerror", (
        r"interrupted system call", r"encountered an error while being processed", r"server is misconfigured",
        r"system config(?:uration)? error", r"transaction failed\W{0,8}$", r"timeout waiting for input",
        r"aliasing/forwarding loop",
    )),
    ("networkerror", (
        r"mail loop", r"loops? back to", r"host unreachable", r"host not found, try again", r"unrouteable mail domain",
        r"name server reply", r"dns records? for the destination",
    )),
    ("expired", (
        r"could not find a gateway", r"attempts? will continue", r"failing for a long time", r"not (?:been "
        r")?collected after",
        r"server did not respond", r"within the allowed queue period", r"could not be delivered (?:for|within) more "
        r"than",
        r"failed to deliver to domain", r"will (?:continue to )?(?:be )?retr(?:y|ied)", r"not yet been delivered",
        r"still (?:being )?tr(?:ied|ying)",
    )),
    ("notaccept", (
        r"no route for current request", r"smtp protocol returned a permanent error", r"(?:host|domain|server) does "
        r"not (?:accept|receive) (?:e-?)?mail",
    )),
    ("mailererror", (
        r"exit(?:ed)? (?:code |status )?\d{1,3}\b", r"^\W{0,8}mailer error\W{0,8}$", r"(?:died|failed) with "
        r"(?:status|signal|code)",
    )),
)  # fmt: skip
