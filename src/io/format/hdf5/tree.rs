//! What a file holds: its groups are walked, and its links followed.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::attribute::{self, Attributes};
use super::dataset::Dataset;
use super::file::File;
use super::header::{self, Message, kind};
use super::links::{self, Links, Target};
use super::outside;
use crate::bail;
use crate::error::{Error, Result};
use crate::task;

/// The most groups, datasets and links that are looked at, and the deepest.
const MAX_OBJECTS: usize = 10_000;
const MAX_DEPTH: usize = 16;

/// The most datasets with three axes whose chunks are looked at to know which come first.
const MAX_SORTED: usize = 100;

/// How many links are followed to get somewhere, and the most other files.
const MAX_HOPS: usize = 16;
const MAX_FILES: usize = 64;

/// The datasets of a file.
pub(in crate::io) struct Contents {
    /// In the order of their samples; those that cannot be read are among them.
    pub(in crate::io) datasets: Vec<Dataset>,
    /// The attributes of the file.
    pub(in crate::io) attributes: Attributes,
    file: Arc<File>,
    follower: Follower,
}

/// An object of a file.
type Place = (Arc<File>, u64);

/// Walks a file. A part that cannot be read is noted, and the rest is read.
pub(in crate::io) fn contents(path: &Path) -> Result<Contents> {
    let file = File::open(path)?;
    let messages = header::read(&file, file.root)?;
    let mut walk = Walk::new(&file);
    let root = (file.clone(), file.root);
    walk.seen
        .insert((Arc::as_ptr(&file) as usize, file.root), Known::Other);
    walk.group(root, "", 0, &messages);
    while let Some((place, name, target)) = walk.later.pop_front() {
        walk.follow(&place, name, &target);
    }
    if walk.objects > MAX_OBJECTS {
        task::warn(&format!(
            "`{}` has more than {MAX_OBJECTS} groups and datasets: the others are ignored",
            path.display()
        ));
    }
    let mut datasets = walk.datasets;
    let is_video = |dataset: &&Dataset| dataset.shape.len() > 2 && !dataset.is_alias;
    if (2..=MAX_SORTED).contains(&datasets.iter().filter(is_video).count()) {
        datasets.sort_by_cached_key(|dataset| dataset.position(&file));
    }
    Ok(Contents {
        datasets,
        attributes: attribute::of(&file, &messages),
        follower: walk.follower,
        file,
    })
}

impl Contents {
    /// The dataset at a path, links followed; an error if there is none.
    pub(in crate::io) fn find(&mut self, path: &str) -> Result<Dataset> {
        let (file, address) = self.place(path)?;
        match read_object(&file, address)? {
            Object::Dataset(messages) => Ok(Dataset::new(path.into(), &file, address, &messages)),
            Object::Group(_) => bail!("`{path}` is a group"),
            Object::Other => bail!("`{path}` is not a dataset"),
        }
    }

    /// The attributes of a group; none if it cannot be read.
    pub(super) fn attributes_of(&mut self, path: &str) -> Attributes {
        let attributes = self.place(path).and_then(|(file, address)| {
            let messages = header::read(&file, address)?;
            Ok(attribute::of(&file, &messages))
        });
        attributes.unwrap_or_default()
    }

    /// The names in a group; none if it cannot be read.
    pub(super) fn names(&mut self, path: &str) -> Vec<String> {
        let links = self
            .place(path)
            .and_then(|group| self.follower.links(&group));
        let links = links.iter().flat_map(|links| &links.all);
        links.map(|link| link.name.clone()).collect()
    }

    /// The dataset that a reference stands for, or those of the group, under a name.
    pub(in crate::io) fn referred(&self, address: u64, name: &str) -> Vec<Dataset> {
        let mut walk = Walk::new(&self.file);
        if let Some(messages) = walk.meet(&self.file, address, name) {
            walk.group((self.file.clone(), address), name, 0, &messages);
        }
        walk.datasets
    }

    fn place(&mut self, path: &str) -> Result<Place> {
        let root = (self.file.clone(), self.file.root);
        self.follower.resolve(&root, path, MAX_HOPS)
    }
}

/// What an object is, with its messages.
enum Object {
    Group(Vec<Message>),
    Dataset(Vec<Message>),
    Other,
}

fn read_object(file: &File, address: u64) -> Result<Object> {
    let messages = header::read(file, address)?;
    let is_dataset = messages.iter().any(|m| m.kind == kind::LAYOUT);
    Ok(match links::is_group(&messages) {
        true => Object::Group(messages),
        false if is_dataset => Object::Dataset(messages),
        false => Object::Other,
    })
}

/// What an object was when it was met.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Dataset,
    Other,
}

/// A walk over the groups of a file.
struct Walk {
    follower: Follower,
    datasets: Vec<Dataset>,
    /// Objects that were met.
    seen: HashMap<(usize, u64), Known>,
    /// Links that are followed when everything else is known: the group, the name and the target.
    later: VecDeque<(Place, String, Target)>,
    objects: usize,
}

impl Walk {
    fn new(file: &Arc<File>) -> Self {
        Self {
            follower: Follower::new(file),
            datasets: Vec::new(),
            seen: HashMap::new(),
            later: VecDeque::new(),
            objects: 0,
        }
    }

    /// Notes a dataset; returns the messages of a group, if it was not met before.
    fn meet(&mut self, file: &Arc<File>, address: u64, name: &str) -> Option<Vec<Message>> {
        self.objects += 1;
        if self.objects > MAX_OBJECTS {
            return None;
        }
        let id = (Arc::as_ptr(file) as usize, address);
        let is_known = self.seen.get(&id).copied();
        if is_known == Some(Known::Other) {
            return None;
        }
        let (known, group) = match read_object(file, address) {
            Ok(Object::Group(messages)) => (Known::Other, Some(messages)),
            Ok(Object::Dataset(messages)) => {
                let mut dataset = Dataset::new(name.into(), file, address, &messages);
                dataset.is_alias = is_known.is_some();
                self.datasets.push(dataset);
                (Known::Dataset, None)
            }
            Ok(Object::Other) => (Known::Other, None),
            Err(error) => {
                self.datasets
                    .push(Dataset::failed(name, "unreadable", error));
                (Known::Other, None)
            }
        };
        self.seen.insert(id, known);
        group
    }

    fn group(&mut self, (file, address): Place, name: &str, depth: usize, messages: &[Message]) {
        let found = links::of(&file, messages);
        if let Some(error) = found.failure {
            let name = if name.is_empty() { "/" } else { name };
            let failed = Dataset::failed(name, "partly unreadable group", error);
            self.datasets.push(failed);
        }
        // Datasets come before those of the groups beside them.
        let mut groups = Vec::new();
        for link in found.all {
            let path = match name {
                "" => link.name.clone(),
                name => format!("{name}/{}", link.name),
            };
            match link.target {
                Target::Object(inner) => {
                    let group = self.meet(&file, inner, &path);
                    // What MATLAB refers to from cells and objects.
                    let group = group.filter(|_| !link.name.starts_with('#'));
                    groups.extend(group.map(|messages| (inner, path, messages)));
                }
                Target::Path(_) | Target::External { .. } => {
                    self.objects += 1;
                    if self.objects <= MAX_OBJECTS {
                        let group = (file.clone(), address);
                        self.later.push_back((group, path, link.target));
                    }
                }
                Target::Unknown => {}
            }
        }
        if depth < MAX_DEPTH {
            for (inner, path, messages) in groups {
                self.group((file.clone(), inner), &path, depth + 1, &messages);
            }
        }
    }

    /// Notes what a link leads to, unless that is known by another name.
    fn follow(&mut self, place: &Place, name: String, target: &Target) {
        match self.follower.follow(place, target, MAX_HOPS) {
            Ok((file, address)) => {
                let depth = name.matches('/').count();
                if let Some(messages) = self.meet(&file, address, &name) {
                    self.group((file, address), &name, depth, &messages);
                }
            }
            Err(error) => {
                let error = match target {
                    Target::Path(path) => {
                        Error::new(format!("it is a link to `{path}`, but {error}"))
                    }
                    _ => error,
                };
                self.datasets
                    .push(Dataset::failed(&name, "broken link", error));
            }
        }
    }
}

/// Follows paths and links.
struct Follower {
    /// The file and others by where they are; they are kept, so that no two have one address.
    files: HashMap<PathBuf, Result<Arc<File>>>,
    groups: HashMap<(usize, u64), Arc<Links>>,
}

impl Follower {
    fn new(file: &Arc<File>) -> Self {
        let path = outside::identity(file.source.path());
        Self {
            files: HashMap::from([(path, Ok(file.clone()))]),
            groups: HashMap::new(),
        }
    }

    /// The object at a path from a group.
    fn resolve(&mut self, from: &Place, path: &str, hops: usize) -> Result<Place> {
        let mut place = match path.starts_with('/') {
            true => (from.0.clone(), from.0.root),
            false => from.clone(),
        };
        let parts = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        for part in parts {
            let links = self.links(&place)?;
            let Some(link) = links.find(part) else {
                if let Some(error) = &links.failure {
                    return Err(error.clone());
                }
                bail!("there is no `{part}` there");
            };
            place = self.follow(&place, &link.target, hops)?;
        }
        Ok(place)
    }

    /// The object that a link of a group stands for.
    fn follow(&mut self, group: &Place, target: &Target, hops: usize) -> Result<Place> {
        let Some(hops) = hops.checked_sub(1) else {
            bail!("its links form a cycle");
        };
        match target {
            Target::Object(address) => Ok((group.0.clone(), *address)),
            Target::Path(path) => self.resolve(group, path, hops),
            Target::External { file, path } => {
                let other = self.open(group.0.source.path(), file)?;
                let root = (other.clone(), other.root);
                self.resolve(&root, path, hops).map_err(|error| {
                    Error::new(format!("it links to `{path}` of `{file}`, but {error}"))
                })
            }
            Target::Unknown => bail!("it is a link of an unknown kind"),
        }
    }

    fn open(&mut self, owner: &Path, name: &str) -> Result<Arc<File>> {
        let path = outside::beside(owner, name)?;
        let key = outside::identity(&path);
        if let Some(file) = self.files.get(&key) {
            return file.clone();
        }
        if self.files.len() == MAX_FILES {
            bail!("it has links to more than {MAX_FILES} other files");
        }
        let opened = File::open(&path);
        self.files.insert(key, opened.clone());
        opened
    }

    fn links(&mut self, (file, address): &Place) -> Result<Arc<Links>> {
        let key = (Arc::as_ptr(file) as usize, *address);
        if let Some(links) = self.groups.get(&key) {
            return Ok(links.clone());
        }
        let Object::Group(messages) = read_object(file, *address)? else {
            bail!("a part of the path is not a group");
        };
        let links = Arc::new(links::of(file, &messages));
        self.groups.insert(key, links.clone());
        Ok(links)
    }
}
