//! The cache on disk: kept, shared, damaged, brought along.

use std::fs;
use std::path::PathBuf;

use checkout::{Cache, CacheKey};
use testkit::TempRepo;

const ONE: CacheKey = [1; 32];
const TWO: CacheKey = [2; 32];

fn keep(repo: &TempRepo, key: CacheKey, value: &str) {
    Cache::open(repo.path()).keep([(&key, &value.to_owned())]);
}

fn get(repo: &TempRepo, key: CacheKey) -> Option<String> {
    Cache::open(repo.path()).get(&key)
}

fn file(repo: &TempRepo) -> PathBuf {
    repo.path().join(".contextos/cache/index")
}

#[test]
fn values_are_kept_and_added_to() {
    let repo = TempRepo::new();
    assert_eq!(get(&repo, ONE), None);
    assert!(!repo.path().join(".contextos").exists(), "looking makes nothing");
    keep(&repo, ONE, "one");
    keep(&repo, TWO, "two");
    assert_eq!(
        (get(&repo, ONE).as_deref(), get(&repo, TWO).as_deref()),
        (Some("one"), Some("two"))
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "git doesn't see it");
}

#[test]
fn nothing_is_written_when_nothing_is_new() {
    let repo = TempRepo::folder();
    keep(&repo, ONE, "one");
    fs::remove_file(file(&repo)).unwrap();
    let cache = Cache::open(repo.path());
    cache.keep([(&ONE, &"one".to_owned())]);
    let before = fs::metadata(file(&repo)).unwrap().modified().unwrap();
    let again = Cache::open(repo.path());
    again.keep([(&ONE, &"one".to_owned())]);
    assert_eq!(fs::metadata(file(&repo)).unwrap().modified().unwrap(), before);
    Cache::none().keep([(&ONE, &"one".to_owned())]);
}

#[test]
fn a_damaged_cache_is_empty_and_heals() {
    let repo = TempRepo::folder();
    keep(&repo, ONE, "one");
    let sound = fs::read(file(&repo)).unwrap();
    for length in 0..sound.len() {
        fs::write(file(&repo), &sound[..length]).unwrap();
        assert_eq!(get(&repo, ONE), None, "{length} bytes");
    }
    let mut damaged = sound.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(file(&repo), damaged).unwrap();
    assert_eq!(get(&repo, ONE), None);
    keep(&repo, ONE, "one");
    assert_eq!(get(&repo, ONE).as_deref(), Some("one"));
}

#[test]
fn a_cache_that_came_with_the_checkout_is_ignored() {
    let repo = TempRepo::new();
    keep(&repo, ONE, "one");
    repo.git(&["add", "--force", ".contextos/cache/index"]);
    repo.commit("with a cache");
    let clone = TempRepo::clone_of(&repo, &[]);
    assert!(file(&clone).exists());
    assert_eq!(get(&clone, ONE), None);
}

#[cfg(unix)]
#[test]
fn no_link_is_written_through() {
    use std::os::unix::fs::symlink;
    let outside = TempRepo::folder();
    for link in [".contextos", ".contextos/cache", ".contextos/cache/index"] {
        let repo = TempRepo::folder();
        let link = repo.path().join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(outside.path(), &link).unwrap();
        keep(&repo, ONE, "one");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "{}", link.display());
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_checkout_has_no_cache() {
    use std::os::unix::fs::PermissionsExt;
    let repo = TempRepo::folder();
    let mode = |mode| fs::set_permissions(repo.path(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let writable = fs::create_dir(repo.path().join("probe")).is_ok();
    keep(&repo, ONE, "one");
    mode(0o755);
    if !writable {
        assert_eq!(get(&repo, ONE), None);
    }
}

#[test]
fn writers_at_once_leave_a_sound_file() {
    let repo = TempRepo::folder();
    std::thread::scope(|scope| {
        for writer in 0..4_u8 {
            let repo = repo.path();
            scope.spawn(move || {
                for n in 0..20_u8 {
                    let key = [writer * 20 + n + 1; 32];
                    Cache::open(repo).keep([(&key, &n)]);
                    let cache = Cache::open(repo);
                    assert!(cache.get::<u8>(&key).is_none_or(|value| value == n));
                }
            });
        }
    });
    let cache = Cache::open(repo.path());
    assert!((1..=80).any(|n| cache.get::<u8>(&[n; 32]).is_some()));
}
