//! Windows versions that rules depend on.

/// A version of Windows, by build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowsVersion {
    /// The major version: 6, 10.
    pub major: u32,
    /// The minor version.
    pub minor: u32,
    /// The build: 14393.
    pub build: u32,
}

/// Names for `--windows`, with their builds (Microsoft Learn, "Windows Server release information").
pub static NAMES: &[(&str, WindowsVersion)] = &[
    ("2003", WindowsVersion { major: 5, minor: 2, build: 3790 }),
    ("2008", WindowsVersion { major: 6, minor: 0, build: 6001 }),
    ("2008r2", WindowsVersion { major: 6, minor: 1, build: 7600 }),
    ("2012", WindowsVersion { major: 6, minor: 2, build: 9200 }),
    ("2012r2", WindowsVersion { major: 6, minor: 3, build: 9600 }),
    ("10-1507", WindowsVersion { major: 10, minor: 0, build: 10240 }),
    ("2016", WindowsVersion { major: 10, minor: 0, build: 14393 }),
    ("10-1607", WindowsVersion { major: 10, minor: 0, build: 14393 }),
    ("10-1703", WindowsVersion { major: 10, minor: 0, build: 15063 }),
    ("10-1709", WindowsVersion { major: 10, minor: 0, build: 16299 }),
    ("2019", WindowsVersion { major: 10, minor: 0, build: 17763 }),
    ("10-1809", WindowsVersion { major: 10, minor: 0, build: 17763 }),
    ("10", WindowsVersion { major: 10, minor: 0, build: 19041 }),
    ("2022", WindowsVersion { major: 10, minor: 0, build: 20348 }),
    ("11", WindowsVersion { major: 10, minor: 0, build: 22000 }),
    ("2025", WindowsVersion { major: 10, minor: 0, build: 26100 }),
];

impl WindowsVersion {
    /// The version behind a name of [`NAMES`] (without case) or a number such as `10.0.14393` or `6.1`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some((_, v)) = NAMES.iter().find(|(n, _)| *n == text) {
            return Some(*v);
        }
        let mut parts = text.split('.').map(|p| p.parse::<u32>().ok());
        let (major, minor) = (parts.next()??, parts.next()??);
        let build = parts.next().flatten().unwrap_or(0);
        Some(Self { major, minor, build })
    }

    /// Whether this is Windows Server 2008 or 2008 R2 (Vista, 7), whose IIS Manager is IIS 7.x.
    pub fn has_iis_7(self) -> bool {
        self.major == 6 && self.minor <= 1
    }
}

impl std::fmt::Display for WindowsVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match NAMES.iter().find(|(n, v)| v == self && n.starts_with("20")) {
            Some((n, _)) => write!(f, "Windows Server {}", n.replace("r2", " R2")),
            None => write!(f, "Windows {}.{}.{}", self.major, self.minor, self.build),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manager_of_iis_7() {
        let of = |major, minor| WindowsVersion { major, minor, build: 1 }.has_iis_7();
        assert_eq!([of(5, 1), of(6, 0), of(6, 1), of(6, 2), of(10, 0)], [false, true, true, false, false]);
    }

    #[test]
    fn names_for_a_person() {
        let shown = |text| WindowsVersion::parse(text).map(|version| version.to_string());
        assert_eq!(shown("2012r2").as_deref(), Some("Windows Server 2012 R2"));
        assert_eq!(shown("10-1607").as_deref(), Some("Windows Server 2016"));
        assert_eq!(shown("11").as_deref(), Some("Windows 10.0.22000"));
        assert_eq!(shown("10.0.12345").as_deref(), Some("Windows 10.0.12345"));
    }
}
