"""Translations of everyday sentences, for the tests of sentence vectors."""

from __future__ import annotations

# The same things said in each language: rain, a late train, a market, a library, a bridge.
SAME = {
    "en": [
        "It will rain in the north tomorrow and the wind will be strong.",
        "The train to the capital is forty minutes late today.",
        "The market sells fresh apples and tomatoes every Saturday.",
        "The library is open until eight in the evening on weekdays.",
        "Repairs of the old bridge over the river will last until autumn.",
    ],
    "uk": [
        "Завтра на півночі буде дощ і сильний вітер.",
        "Потяг до столиці сьогодні запізнюється на сорок хвилин.",
        "Щосуботи на ринку продають свіжі яблука та помідори.",
        "У будні бібліотека відчинена до восьмої вечора.",
        "Ремонт старого мосту через річку триватиме до осені.",
    ],
    "hi": [
        "कल उत्तर में बारिश होगी और तेज़ हवा चलेगी।",
        "राजधानी जाने वाली ट्रेन आज चालीस मिनट देर से चल रही है।",
        "बाज़ार में हर शनिवार ताज़े सेब और टमाटर बिकते हैं।",
        "कामकाजी दिनों में पुस्तकालय शाम आठ बजे तक खुला रहता है।",
        "नदी पर बने पुराने पुल की मरम्मत शरद ऋतु तक चलेगी।",
    ],
    "he": [
        "מחר יירד גשם בצפון והרוח תהיה חזקה.",
        "הרכבת לבירה מאחרת היום בארבעים דקות.",
        "בשוק מוכרים תפוחים ועגבניות טריים בכל שבת.",
        "הספרייה פתוחה בימי חול עד שמונה בערב.",
        "תיקון הגשר הישן מעל הנהר יימשך עד הסתיו.",
    ],
    "bn": [
        "আগামীকাল উত্তরে বৃষ্টি হবে এবং জোরে বাতাস বইবে।",
        "রাজধানীগামী ট্রেন আজ চল্লিশ মিনিট দেরিতে চলছে।",
        "প্রতি শনিবার বাজারে তাজা আপেল ও টমেটো বিক্রি হয়।",
        "কর্মদিবসে গ্রন্থাগার সন্ধ্যা আটটা পর্যন্ত খোলা থাকে।",
        "নদীর উপর পুরনো সেতুর মেরামত শরৎ পর্যন্ত চলবে।",
    ],
}
