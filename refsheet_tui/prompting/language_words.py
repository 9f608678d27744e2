"""The most frequent words of languages in Latin letters, by which a text's language is recognized.

Close relatives share words, so each list has enough of them for the right one to be clearly ahead.
"""

from __future__ import annotations

_WORDS = {
    "en": "the and you is of to her she his he with that it in are your for was i am my me hello"
    " this what have they do but not we be as at on so if from can will would just like an or"
    " about there who when a",
    "fr": "le la les des une est et je tu vous que dans pour pas avec elle il sur qui ce suis moi"
    " mon ma bonjour salut j l d qu au du en a ne",
    "de": "der die das und ich du ist nicht ein eine mit sie er zu den von auf es sich dem bin mein"
    " dein hallo wie dir mir im für was dich aber wenn noch nur bist hast kann",
    "es": "el la los las una es y que de en con no está su se del pero al soy mi hola me lo por"
    " como cómo eres a",
    "Catalan": "el la els les una és i que de en amb no està seva se del però al sóc meva hola em"
    " ho per com ets aquest això molt a",
    "Croatian": "je se da i u na sam si nije što kako ali za ti ja to od koji sa ne su",
    "Czech": "se že na je jsem jsi není to když jak ale jen mě tě já co v a s z po za jako by tak",
    "Danish": "og i at det er en jeg på for med ikke du han hun af til et den hvad mig dig nej sig",
    "Dutch": "het een van en ik je niet is dat op met zijn voor de te hij ze aan maar",
    "Estonian": "ja on ei see ma sa ta oli et kui mis olen mina sina aga ning oma mind siin",
    "Filipino": "ang ng sa na ay mga ako ikaw siya hindi at ka ko mo ito niya kung",
    "Finnish": "ja on ei se hän minä sinä että mutta kun niin olen mitä ovat tämä kuin oli sen",
    "Hungarian": "az és nem egy hogy én ez mint csak vagy meg már ha azt vagyok itt mit hát a",
    "Indonesian": "yang dan di itu ini tidak aku kamu dengan untuk dari dia akan ada saya bisa"
    " adalah kalian",
    "Italian": "il lo gli una è che di non con per sono della nel si un ti mi ma sei ciao io la e"
    " le a sono qui hai questo tuo mio come anche più cosa te nella mia benvenuto",
    "Latin": "et in est non ad ut cum sed quod esse sum qui te me mihi tibi ego es",
    "Malay": "yang dan di itu ini tidak aku awak dengan untuk dari dia akan ada saya boleh ialah"
    " kamu",
    "Norwegian": "og i at det er en jeg på for med ikke du han hun av til et den hva meg deg nei"
    " seg",
    "Polish": "się nie jest na że to w i z do jak ale po tak co jej jego jestem witaj mojej"
    " mnie cię",
    "Portuguese": "o os uma não você que de em com para é está seu sua um do da no na ele ela olá"
    " eu sou a",
    "Romanian": "și în nu este un o de la cu pe că ce mai eu sunt să se din ai am el ea lui te a",
    "Slovak": "sa že na je som si nie to keď ako ale len ma ťa ja čo v a s z po za by tak mňa",
    "Slovenian": "je se da in v na sem si ni kaj kako ampak za ti jaz to od ki z ne so pa",
    "Swedish": "och att det är som en jag på för med inte du han hon av till ett den",
    "Turkish": "bir ve bu için ne da de çok ben sen ile ama gibi var hoş geldin bana",
}
WORDS = {name: frozenset(words.split()) for name, words in _WORDS.items()}
"""The words of each language, by its code if it is a known one, or else by its English name."""

UNCERTAIN = frozenset({"Croatian", "Latin", "Slovenian"})
"""Languages that others write almost alike: of these, only that it is no other one is certain."""
