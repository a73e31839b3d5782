//! The labels of event headers in the languages whose real user interface was seen, and the names of properties that
//! programs print untranslated.

/// What a label stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// The log.
    Log,
    /// The provider.
    Source,
    /// Date and time, or the date.
    Date,
    /// The time of day of an old copy.
    Time,
    /// The number.
    Id,
    /// The number with severity bits.
    InstanceId,
    /// The level.
    Level,
    /// The user.
    User,
    /// The computer.
    Computer,
    /// The message begins.
    Description,
    /// The XML form follows.
    Xml,
    /// The binary data as numbers.
    Data,
    /// A label whose value is not kept.
    Other,
}

use Field::{Computer, Data, Date, Description, Id, InstanceId, Level, Log, Other, Source, Time, User, Xml};

/// The nine lines of a copy of Event Viewer, in their fixed order.
pub(super) const VIEWER_ORDER: [Field; 9] = [Log, Source, Date, Id, Other, Level, Other, User, Computer];

/// The line of [`VIEWER_ORDER`] with the number.
pub(super) const ID_ROW: usize = 3;

/// The lines of a copy of the older Event Viewer, in their fixed order.
pub(super) const LEGACY_ORDER: [Field; 8] = [Level, Source, Other, Id, Date, Time, User, Computer];

/// The labels of Event Viewer's copy, in the order of [`VIEWER_ORDER`], then the description and the XML.
pub(super) const VIEWER: [[&str; 11]; 5] = [
    [
        "Log Name",
        "Source",
        "Date",
        "Event ID",
        "Task Category",
        "Level",
        "Keywords",
        "User",
        "Computer",
        "Description",
        "Event Xml",
    ],
    [
        "Protokollname",
        "Quelle",
        "Datum",
        "Ereignis-ID",
        "Aufgabenkategorie",
        "Ebene",
        "Schlüsselwörter",
        "Benutzer",
        "Computer",
        "Beschreibung",
        "Ereignis-XML",
    ],
    [
        "ログの名前",
        "ソース",
        "日付",
        "イベント ID",
        "タスクのカテゴリ",
        "レベル",
        "キーワード",
        "ユーザー",
        "コンピューター",
        "説明",
        "イベント XML",
    ],
    ["日志名称", "来源", "日期", "事件 ID", "任务类别", "级别", "关键字", "用户", "计算机", "描述", "Event Xml"],
    [
        "Имя журнала",
        "Источник",
        "Дата",
        "Код события",
        "Категория задачи",
        "Уровень",
        "Ключевые слова",
        "Пользователь",
        "Компьютер",
        "Описание",
        "Event Xml",
    ],
];

/// Labels that only English copies of other programs have: the old Event Viewer, `wevtutil`, PowerShell, dcdiag.
const OTHERS: [(&str, Field); 34] = [
    ("Event Type", Level),
    ("Event Source", Source),
    ("Event Category", Other),
    ("Time", Time),
    ("Task", Other),
    ("Opcode", Other),
    ("Keyword", Other),
    ("User Name", User),
    ("TimeCreated", Date),
    ("ProviderName", Source),
    ("ProviderId", Other),
    ("Id", Id),
    ("LogName", Log),
    ("LevelDisplayName", Level),
    ("MachineName", Computer),
    ("Message", Description),
    ("Index", Other),
    ("EntryType", Level),
    ("InstanceId", InstanceId),
    ("EventID", Id),
    ("TimeGenerated", Date),
    ("TimeWritten", Other),
    ("UserName", User),
    ("UserId", User),
    ("Category", Other),
    ("CategoryNumber", Other),
    ("ReplacementStrings", Other),
    ("Data", Data),
    ("Site", Other),
    ("Container", Other),
    ("Time Generated", Date),
    ("Event String", Description),
    ("Qualifiers", Other),
    ("RecordId", Other),
];

/// The field of a label and, for a copy of Event Viewer, the row of [`VIEWER`].
pub(super) fn find(label: &str) -> Option<(Field, Option<usize>)> {
    let same = |known: &str| known.len() == label.len() && (known == label || known.eq_ignore_ascii_case(label));
    for (row, labels) in VIEWER.iter().enumerate() {
        if let Some(at) = labels.iter().position(|known| same(known)) {
            return Some((of_position(at), Some(row)));
        }
    }
    OTHERS.iter().find(|(known, _)| same(known)).map(|(_, field)| (*field, None))
}

/// The field of a column of [`VIEWER`].
pub(super) fn of_position(at: usize) -> Field {
    match VIEWER_ORDER.get(at) {
        Some(field) => *field,
        None if at == 9 => Description,
        None => Xml,
    }
}

/// Every label with a letter beyond ASCII: what the choice of a code page looks for.
pub fn words_beyond_ascii() -> impl Iterator<Item = &'static str> {
    VIEWER.iter().flatten().copied().filter(|word| !word.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::super::is_plain;
    use super::*;

    /// The reader passes over lines whose labels are not plain, and over dates.
    #[test]
    fn labels_are_plain_and_begin_with_no_digit() {
        let others = OTHERS.iter().map(|(label, _)| *label);
        for label in VIEWER.iter().flatten().copied().chain(others) {
            assert!(is_plain(label) && !label.starts_with(|c: char| c.is_ascii_digit()), "{label}");
        }
    }
}
