"""The supervisory authority of a country: to whom a person can complain, whom a controller tells of a breach. Pure.

Sources: Articles 33, 55 and 77 GDPR; the authorities' own names. Where a country has several, the one for companies of
no region is named; a person may always turn to the one where it lives or works.
"""

from collections.abc import Mapping
from typing import Final

AUTHORITIES: Final[Mapping[str, tuple[str, str]]] = {
    "AT": ("Österreichische Datenschutzbehörde", "https://www.dsb.gv.at"),
    "BE": ("Autorité de protection des données / Gegevensbeschermingsautoriteit", "https://www.dataprotectionauthority.be"),
    "BG": ("Комисия за защита на личните данни", "https://www.cpdp.bg"),
    "CY": ("Γραφείο Επιτρόπου Προστασίας Δεδομένων Προσωπικού Χαρακτήρα", "https://www.dataprotection.gov.cy"),
    "CZ": ("Úřad pro ochranu osobních údajů", "https://www.uoou.gov.cz"),
    "DE": ("Die Bundesbeauftragte für den Datenschutz und die Informationsfreiheit", "https://www.bfdi.bund.de"),
    "DK": ("Datatilsynet", "https://www.datatilsynet.dk"),
    "EE": ("Andmekaitse Inspektsioon", "https://www.aki.ee"),
    "ES": ("Agencia Española de Protección de Datos", "https://www.aepd.es"),
    "FI": ("Tietosuojavaltuutetun toimisto", "https://tietosuoja.fi"),
    "FR": ("Commission nationale de l’informatique et des libertés", "https://www.cnil.fr"),
    "GB": ("Information Commissioner’s Office", "https://ico.org.uk"),
    "GR": ("Αρχή Προστασίας Δεδομένων Προσωπικού Χαρακτήρα", "https://www.dpa.gr"),
    "HR": ("Agencija za zaštitu osobnih podataka", "https://azop.hr"),
    "HU": ("Nemzeti Adatvédelmi és Információszabadság Hatóság", "https://www.naih.hu"),
    "IE": ("Data Protection Commission", "https://www.dataprotection.ie"),
    "IS": ("Persónuvernd", "https://www.personuvernd.is"),
    "IT": ("Garante per la protezione dei dati personali", "https://www.garanteprivacy.it"),
    "LI": ("Datenschutzstelle", "https://www.datenschutzstelle.li"),
    "LT": ("Valstybinė duomenų apsaugos inspekcija", "https://vdai.lrv.lt"),
    "LU": ("Commission nationale pour la protection des données", "https://cnpd.public.lu"),
    "LV": ("Datu valsts inspekcija", "https://www.dvi.gov.lv"),
    "MT": ("Office of the Information and Data Protection Commissioner", "https://idpc.org.mt"),
    "NL": ("Autoriteit Persoonsgegevens", "https://autoriteitpersoonsgegevens.nl"),
    "NO": ("Datatilsynet", "https://www.datatilsynet.no"),
    "PL": ("Urząd Ochrony Danych Osobowych", "https://uodo.gov.pl"),
    "PT": ("Comissão Nacional de Proteção de Dados", "https://www.cnpd.pt"),
    "RO": ("Autoritatea Națională de Supraveghere a Prelucrării Datelor cu Caracter Personal", "https://www.dataprotection.ro"),
    "SE": ("Integritetsskyddsmyndigheten", "https://www.imy.se"),
    "SI": ("Informacijski pooblaščenec", "https://www.ip-rs.si"),
    "SK": ("Úrad na ochranu osobných údajov Slovenskej republiky", "https://dataprotection.gov.sk"),
    "US": ("California Privacy Protection Agency", "https://cppa.ca.gov"),
}  # fmt: skip


_REGIONAL: Final = frozenset({"DE"})
"""Where private companies answer to the authority of their region, which a country does not tell."""
_OTHER_LAW: Final = frozenset({"US"})


def told_of_breaches(country: str) -> tuple[str, str]:
    """Return name and web address of the authority that a controller of a country notifies of a breach (Art. 33(1)
    GDPR); empty where the country alone does not tell, or has another law."""
    return ("", "") if country.upper() in _REGIONAL | _OTHER_LAW else authority(country)


def authority(country: str) -> tuple[str, str]:
    """Return name and web address of the authority of a country (ISO 3166-1 alpha-2), empty where none is known."""
    return AUTHORITIES.get(country.upper(), ("", ""))
