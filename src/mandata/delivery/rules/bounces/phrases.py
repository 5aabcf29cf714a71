"""The words of diagnostics, by reason: alternatives of one regular expression each, in the order of trying.

Servers speak freely; these are the phrases that they use for one thing. The specific stand before the general.
"""

from typing import Final

PLAIN: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("filtered", (
        r"recipient preferences", r"refused by (?:the )?recipient'?s? ",
    )),
    ("spamdetected", (
        r"(?:due to|because of|as) (?:spam|junk) (?:classification|content)",
        r"message is (?:likely )?(?:spam|unsolicited)",
    )),
    ("notaccept", (
        r"null ?mx", r"doesn't receive e?-?mail according to",
    )),
    ("networkerror", (
        r"too many hops", r"hop count exceeded", r"(?:forwarding|routing|mail|message) loop", r"loops? back",
        r"loop detected",
    )),
)  # fmt: skip
"""Said so plainly that no status outweighs it."""

WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("virusdetected", (
        r"virus", r"malware", r"infected", r"worm ", r"trojan", r"executable attachment", r"blocked extension",
        r"phish.*attach", r"attachment.*(?:blocked|not allowed)",
    )),
    ("mesgtoobig", (
        r"message (?:is |file |size |length )?(?:is )?too (?:big|large|long)",
        r"(?:message|mail) ?size (?:limit )?exceed",
        r"exceed(?:s|ed|ing)? (?:the )?(?:fixed |maximum |global )?(?:maximum )?(?:message |mail )?size",
        r"message size (?:is )?(?:over|violat)", r"size limit", r"maximum (?:allowed )?(?:message )?(?:size|length)",
        r"too large (?:for|message)", r"larger than the (?:maximum|current)",
    )),
    ("authfailure", (
        r"\bdmarc\b", r"\bspf\b", r"\bdkim\b", r"sender id", r"sender policy framework", r"domainkeys",
        r"unauthenticated (?:e-?mail|mail|sender)", r"authentication(?:-results)? (?:check )?(?:fail|requirement)",
        r"not pass authentication", r"domain.?owner.{0,40}discourag",
    )),
    ("requireptr", (
        r"mismatch(?:es)? (?:the )?client ip", r"reverse (?:dns|mapping|hostname|lookup)", r"no ptr", r"ptr record",
        r"missing (?:a )?ptr", r"rdns", r"cannot find your (?:reverse )?hostname", r"reverse hostname",
        r"no reverse", r"ip name lookup failed", r"unresolvable relay host", r"hostname of the sending server",
        r"cannot resolve your (?:ip )?address", r"resolve.*sending (?:host|server)", r"gethostbyaddr",
        r"fix reverse", r"domain name not found in reverse", r"ip address is without",
        r"client host rejected: cannot find",
    )),
    ("notcompliantrfc", (
        r"not (?:rfc|compliant)", r"rfc ?(?:2822|5322|822|7601).{0,40}(?:compliant|violat|not)", r"non.?compliant",
        r"bare (?:lf|linefeed|newline|cr)", r"multiple (?:from|address|subject|to).{0,20}header",
        r"duplicate header", r"missing (?:from|date|message-id) header",
        r"from header.{0,30}(?:missing|invalid|specif)", r"does not comply with",
        r"no (?:valid )?(?:from|date|message-id) header", r"smtputf8", r"headers? missing",
        r"missing.{0,20}headers?",
    )),
    ("mailboxfull", (
        r"mailbox exceeds allowed size",
        r"(?:mail ?(?:box|folder)|account|inbox|user(?:'s)?|disk|storage|recipient).{0,40}(?:full|"
        r"over ?quota|exceeded|out of (?:storage|space)|too full|over the (?:maximum|allowed|storage)"
        r"|over its (?:disk|quota))",
        r"over ?quota", r"quota (?:exceed|violation|full|limit|is over|was)",
        r"exceed(?:s|ed|ing)? (?:the |its |his |your |their |allowed |storage |mailbox |mail |disk "
        r")*(?:quota|allocation|storage)",
        r"not enough (?:disk|storage|mailbox|mail|space)", r"insufficient (?:disk|storage|space|mailbox|quota)",
        r"mailbox (?:size|has exceeded|limit)", r"no (?:disk )?space (?:left|in)", r"full mailbox", r"mailbox_?full",
        r"out of (?:quota|storage)", r"mail ?drop.{0,20}exceeds", r"一杯",
    )),
    ("hasmoved", (
        r"(?:has|have) moved", r"has been (?:replaced|changed) (?:by|to)",
        r"no longer (?:at|using) this address.{0,40}(?:new|please)", r"user (?:has )?moved", r"new address is",
        r"address (?:has )?changed",
    )),
    ("suspend", (
        r"(?:account|mailbox|user|recipient|address|e-?mail|inbox|domain).{0,40}(?:(?:is|has been|"
        r"was|are|temporarily|currently|been)\W+){0,4}(?:disabled|suspended|inactive|deactivated|"
        r"locked|not active|unavailable because|closed|terminated|frozen|expired|blocked for inactivity|"
        r"discontinued|cancelled)",
        r"(?:disabled|inactive|suspended|deactivated|locked|closed|dormant) (?:account|mailbox|user|"
        r"recipient|address|e-?mail|mail)",
        r"not (?:an )?active (?:account|mailbox|user|address)", r"boite du destinataire archivee",
        r"mailbox is (?:currently )?(?:frozen|not available because)",
        r"no longer (?:active|available|in service|on server|accepting|receiving)",
        r"service.{0,20}(?:discontinued|terminated|suspended)", r"is a (?:deactivated|disabled)",
        r"user has been suspended", r"mail(?:box)? unavailable because the (?:account|owner)",
        r"acc?ount that you tried to reach is (?:disabled|inactive)", r"invalid/inactive", r"archived recipient",
    )),
    ("norelaying", (
        r"relay(?:ing)? (?:is )?(?:not (?:allowed|permitted|authori[sz]ed)|denied|access denied|"
        r"prohibited|operation rejected)",
        r"not (?:allowed|permitted|configured|authori[sz]ed|willing) to (?:(?:be )?relay|send mail to any)",
        r"relay not", r"unable to relay", r"we (?:do not|don't) relay", r"not (?:a|an) (?:relay|open relay)",
        r"no relay", r"cannot relay", r"relaying", r"not a gateway",
        r"that domain isn't in my list of allowed rcpthosts", r"insecure mail relay", r"relay access",
    )),
    ("spamdetected", (
        r"spam(?:ming)?[ -]?(?:score|content|detect|message|mail|filter|assassin|signature|like|"
        r"source detected)",
        r"(?:is|as|like|be|considered|classified as|identified as|suspected|contains?|detected as|"
        r"probably|possibl[ey]|categori[sz]ed as|judged as|look(?:s|ed) like|because|to be) (?:possible "
        r"|an? |as )?(?:spam|unsolicited|uce|ube|junk|bulk)",
        r"message (?:content )?(?:rejected|refused|blocked).{0,30}(?:spam|content)",
        r"rejected (?:as|by|due to).{0,20}(?:spam|anti-?spam|content filter)", r"unsolicited", r"cloudmark",
        r"high probability of spam", r"junk mail", r"mcspam", r"phishing", r"blacklisted url", r"spamcontent",
        r"gtube", r"appears to be (?:spam|unsolicited)", r"suspicious (?:link|url|content)", r"detected spam",
        r"anti-?spam", r"spam (?:detected|refused|rejected)",
    )),
    ("contenterror", (
        r"(?:illegal|invalid|malformed|bad|improper|unsupported|prohibited|wrong|broken).{0,20}(?"
        r":mime|content|charset|encoding|multipart|attachment|8.?bit)",
        r"content (?:filter|reject|is not|not allowed|error|policy)",
        r"message (?:body|content|header).{0,20}(?:rejected|invalid|illegal|error)", r"mime (?:error|part)",
        r"improper use of 8-bit", r"message filtered", r"malformed", r"bad content", r"invalid 7bit", r"charset",
    )),
    ("securityerror", (
        r"(?:must|need to|should) (?:be )?(?:authenticat|issue a starttls|use (?:tls|ssl|encryption))",
        r"authentication (?:required|failed|failure|turned|mechanism|is required)",
        r"starttls (?:required|is required|command first)", r"tls (?:required|handshake|is required|certificate)",
        r"encryption (?:required|needed)", r"certificate (?:verif|has expired|required|rejected)",
        r"not authenticated", r"security (?:problem|error|failure|violation)", r"log(?:in|on) (?:fail|to your)",
        r"please authenticate", r"auth(?:entication)? credentials", r"password", r"account (?:is )?subject to",
        r"not (?:been )?authori[sz]ed", r"insecure", r"executable", r"access denied", r"unauthorized",
        r"verification (?:failure|failed)", r"sorry, you do(?:n't| not) (?:have )?auth",
    )),
    ("policyviolation", (
        r"policy (?:violation|reasons?|restriction|rule)", r"violat(?:es|ed|ion).{0,30}(?:polic|rule)",
        r"due to (?:local |site |our |administrative |security |organi[sz]ational |company )*polic(?:y|ies)",
        r"polic(?:y|ies) (?:reject|den|prevent)", r"security polic(?:y|ies)", r"administrative prohibition",
        r"prohibited by", r"by policy",
        r"message (?:has been )?(?:rejected|refused|blocked|denied) (?:by|due to) (?:the )?(?:polic|"
        r"administrat|rule|security|transport)",
        r"you (?:have|are) (?:been )?(?:sending|transmitting) (?:spam|message)", r"mail flow rule",
        r"rejected by (?:an? )?(?:administrat|transport rule|policy)",
    )),
    ("exceedlimit", (
        r"too many recipients",
        r"exceed(?:s|ed|ing)? (?:the )?(?:maximum )?(?:number of recipients|hop|sending|daily|message "
        r"limit|limit)",
        r"recipient (?:count|limit)", r"too many (?:invalid )?rcpt", r"message (?:count|limit)",
        r"daily (?:sending )?(?:limit|quota)", r"hop count", r"too many (?:messages|errors)", r"sending limit",
    )),
    ("expired", (
        r"timed? ?out", r"connection expired", r"retry (?:time|timeout|limit)", r"delivery failed \d+ attempts",
        r"delivery time expired", r"delivery expired", r"message expired", r"queue time", r"in the queue too long",
        r"undelivered for", r"gave up", r"giving up",
    )),
    ("hostunknown", (
        r"domain is not reachable", r"dns lookup failure: host \S* ?not found", r"unknown (?:host|domain|mail host)",
        r"no such (?:host|domain)", r"host not found", r"host or domain name not found",
        r"domain (?:name )?not found", r"domain does not exist", r"unrouteable",
    )),
    ("networkerror", (
        r"too many hops", r"hop count exceeded", r"mail (?:forwarding )?loop", r"routing loop", r"loops? back",
        r"loop detected", r"loop:", r"name service error",
        r"dns (?:failure|error|lookup fail|server|problem|temporar)",
        r"(?:host )?lookup (?:did not complete|failure|timed? ?out)",
        r"all (?:mail )?(?:hosts|routes|servers).{0,30}(?:fail|unavail|unreach)",
        r"network (?:error|unreachable|is unreachable|problem)", r"no route to host", r"host is unreachable",
        r"connection (?:refused|reset|was dropped|dropped|lost|closed|aborted|failed|could not be)",
        r"couldn't connect", r"cannot connect", r"unable to (?:connect|contact)", r"could not (?:connect|contact)",
        r"failed to connect", r"not connect", r"malformed.{0,20}mx", r"mx.{0,40}(?:invalid|point)", r"bad mx",
        r"unreachable", r"routing error", r"no connection", r"establish(?:ed)? (?:an )?smtp connection",
        r"connect(?:ion)? to .{0,60}(?:refused|failed)", r"unable to resolve route", r"delivery attempt.{0,20}dns",
    )),
    ("hostunknown", (
        r"domain is not reachable", r"dns lookup failure: host",
        r"(?:host|domain|dns|server|recipient domain|mail ?host)(?: name)?[ \x22':<(]*(?:\S{1,80}[ "
        r"\x22'>):]{1,3})?(?:is |was |name )?(?:unknown|not found|does ?n.t exist|does not exist|non-?"
        r"existent|no such|can.?t be found|could not be (?:found|resolved)|invalid|nxdomain|not "
        r"(?:a )?registered|not resolve|must resolve)",
        r"no such (?:host|domain)", r"unknown (?:host|domain|mail ?host|server)",
        r"unrouteable (?:mail )?(?:address|domain)", r"unroutable", r"illegal host", r"bad destination",
        r"couldn.?t find any host", r"no (?:mx|a|valid).{0,12} (?:record|mail)",
        r"cannot (?:resolve|find).{0,20}(?:host|domain|address|mx)", r"invalid (?:domain|host)", r"nullmx",
        r"does not exist.{0,10}domain", r"address lookup failed",
        r"unable to (?:find|look ?up|resolve).{0,30}(?:host|domain|mx|dns)", r"name or service not known",
        r"bad destination (?:system|host|mailbox) address", r"nxdomain", r"unresolvable",
        r"host or domain name not found",
    )),
    ("onhold", (
        r"on ?hold", r"held for", r"quarantin", r"awaiting (?:moderation|approval)",
        r"your (?:e-?mail|message) is (?:being )?(?:held|pending)",
    )),
    ("userunknown", (
        r"(?:user|recipient|mail ?box|account|address(?:ee)?|mail ?drop|local ?part|name|person|"
        r"destination|subscriber|customer|e-?mail)(?: (?:address|name|account|mailbox))?(?:[ ,:<>\x22'(]|"
        r"\S+@\S+|\S{0,60}){0,6}?(?:unknown|not (?:found|known|exist|listed|recogni[sz]ed|registered|"
        r"valid|here|on (?:this|our))|does ?n.t (?:exist|have)|does not (?:exist|have|match)|do(?"
        r":es)? not exist|non-?existent|no longer (?:exists?|valid|has|with)|is(?: an?)? (?:invalid|"
        r"unknown|not (?:an? )?(?:valid|known|found|existing|existed|local|listed))|isn.t (?:known|"
        r"valid|a)|can ?not be found|could not be found|no such|invalid|not our customer|nonexist|"
        r"incorrect|undeliverable|wrong)",
        r"(?:unknown|invalid|no such|nonexistent|non-existent|illegal|bad|incorrect|wrong|unrecogni[sz]ed|"
        r"undeliverable|not (?:a |an )?(?:valid|known|existing|registered)|no|not) (?:\S+ )?(?:e-?"
        r"mail ?(?:user|address|box|account)?|local |final |destination |virtual |valid |delivery "
        r")*(?:user|recipient|mail ?box|address(?:ee)?|account|local ?part|person|subscriber|rcpt|"
        r"destination|mail ?drop)",
        r"no (?:one|body|account|mailbox|valid recipient)",
        r"(?:account|user|mailbox) (?:was |has been )?(?:deleted|removed|cancelled)",
        r"mailbox (?:is )?(?:unavailable|not available)", r"no mailbox", r"user.{0,30}(?:reject|not found)",
        r"unknown or illegal", r"\bdoes not like recipient\b", r"dosn.t have an? ",
        r"that you tried to reach does not exist", r"no (?:such )?(?:user|person) (?:here|at|by)",
        r"not a valid (?:recipient|mailbox|user|address)", r"unknown (?:local|e-?mail)",
        r"invalid.{0,20}(?:recipient|mailbox|user)", r"宛先.{0,10}(?:不明|見つか)", r"ユーザー",
    )),
    ("notaccept", (
        r"(?:does not|doesn.t|do not|not|never|no longer|won.t) (?:currently )?(?:accept|receive|"
        r"take)(?:s|ing)? (?:any |e-?|incoming |smtp |external )*(?:mail|message|smtp|connection)",
        r"smtp (?:protocol|service).{0,20}(?:not (?:available|accept)|disabled)", r"nullmx", r"null mx",
        r"host/domain does not accept", r"mail (?:delivery )?service (?:is )?(?:not available|disabled)",
        r"no mail (?:service|server) here", r"name server: \.: host not found", r"we do not accept mail",
    )),
    ("rejected", (
        r"sender (?:address |domain |e-?mail )?(?:is |was )?(?:reject|denied|not (?:allowed|exist|"
        r"verif|valid|accept|authori)|invalid|refus|unknown)",
        r"purported responsible address", r"domain of sender", r"(?:invalid|unknown|bad) sender",
    )),
    ("blocked", (
        r"service refused", r"client host blocked", r"ip source bloquee",
        r"(?:blocked|listed|blacklist|block ?list|blocklist|black-?list|dnsbl|rbl|rbldns|spamhaus|"
        r"spamcop|barracuda|sorbs|abuseat|uceprotect|senderscore|real-?time block)",
        r"(?:client|connection|host|ip|network|server|sender|access|your (?:ip|host|server|network)"
        r").{0,50}(?:denied|rejected|refused|banned|not allowed|not permitted|not accept|reputation|"
        r"bad|black)",
        r"(?:bad|poor|low|no|insufficient) reputation", r"reputation",
        r"rejected because of.{0,40}(?:ip|address|network|host)", r"banned",
        r"too many (?:concurrent )?(?:connections|sessions)", r"connection rate", r"rate limit", r"throttl",
        r"temporarily deferred", r"greylist", r"graylist", r"try again later.{0,40}(?:ip|rate)", r"unusual rate",
        r"dynamic (?:ip|address)", r"dul ", r"connections? (?:from|not accepted)", r"dial-?up",
        r"email from .{0,40}(?:refused|blocked|not)", r"your (?:e-?mail|message|mail) (?:from|has been).{0,30}block",
        r"domain.{0,20}blocked", r"host network not allowed", r"unacceptable mail", r"bad sender ip", r"block",
    )),
    ("rejected", (
        r"sender.{0,40}(?:reject|denied|not (?:allowed|exist|verif|valid|accept|authori)|invalid|"
        r"refus|unknown|block|domain must|bad)",
        r"(?:invalid|unknown|bad|refused|rejected|denied|untrusted) (?:sender|from|return-?path|envelope)",
        r"(?:from|return-?path|envelope sender|mail from).{0,30}(?:reject|denied|invalid|does not "
        r"exist|not accept)",
        r"not (?:accept|allow)(?:ed|ing)? (?:mail |messages? )?from", r"administratively denied",
        r"access denied for sender", r"you are not (?:allowed|permitted|authori[sz]ed) to send",
        r"bounce (?:address|verification)", r"backscatter", r"address rejected.{0,20}sender", r"domain of sender",
        r"delivery not authori[sz]ed", r"not permitted to send", r"only accepts", r"restricted", r"member",
    )),
    ("filtered", (
        r"filter(?:ed|ing)?", r"user (?:reject|refus)", r"recipient (?:address )?reject",
        r"recipient (?:has )?refus", r"address rejected", r"refused by", r"not want", r"transaction failed",
        r"because the recipient", r"rejected by (?:the )?recipient", r"protected by", r"due to extended inactivity",
        r"report an incident", r"message (?:was )?(?:rejected|refused)", r"ignored", r"permission", r"5\.2\.1",
    )),
    ("expired", (
        r"expire", r"timed? ?out", r"timeout", r"retry (?:time|timeout|limit)",
        r"(?:could not|unable to|can ?not|failed to|not) (?:be )?deliver(?:ed)?.{0,60}(?:day|hour|"
        r"within|after|for \d)",
        r"too (?:long|old)", r"delivery (?:time|has been delayed|temporarily|delay)",
        r"queue(?:d)? (?:for )?too long", r"message (?:is )?delayed", r"still being retried", r"gave up",
        r"giving up", r"maximum (?:retry|queue)", r"undelivered for", r"connection (?:timed|timeout)",
        r"no (?:response|answer)", r"not been (?:able to be )?delivered (?:yet|after)",
        r"warning.{0,30}not.{0,20}deliver", r"will be retried", r"has been (?:in the queue|frozen)",
        r"conversation with .{0,80}timed out", r"delayed",
    )),
    ("systemerror", (
        r"(?:internal|local|system|server|mail ?system|configuration|software|transient|temporary)"
        r" (?:error|failure|problem|configuration)",
        r"(?:i/o|disk|fs|file ?system|resource|lock|memory).{0,10}(?:error|fail|unavailable|problem)",
        r"insufficient system", r"service (?:currently |temporarily )?(?:unavailable|not available)",
        r"could not (?:open|lock|write|execute|load)", r"error in processing", r"queue file",
        r"can.t (?:create|open|write)", r"out of memory", r"cannot allocate", r"server (?:busy|too busy|down)",
        r"proxy.{0,20}(?:fail|refus)", r"database", r"timeout waiting for input", r"aliasing", r"mailer.{0,10}error",
        r"transport (?:error|unavailable)", r"temporarily unable", r"temporary (?:local|lookup)", r"exchange",
    )),
    ("mailererror", (
        r"procmail", r"maildrop", r"bin/", r"x-unix", r"exit(?:ed)? (?:code|status|with)",
        r"command (?:failed|died|output|time)", r"\|/", r"pipe", r"mailer (?:fail|return|returned|died)",
        r"child status", r"unknown mailer", r"delivery agent", r"died with status", r"process failed",
    )),
)  # fmt: skip
