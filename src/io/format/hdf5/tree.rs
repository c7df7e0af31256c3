//! Contents of a file: traversal of its groups and links.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::attribute::{self, Attributes};
use super::dataset::Dataset;
use super::external;
use super::file::Hdf5File;
use super::header::{self, Message, kind};
use super::links::{self, LinkTarget, Links};
use crate::bail;
use crate::error::{Error, Result};
use crate::task;

/// Maximum number of groups, datasets and links that are visited, and maximum depth.
const MAX_OBJECTS: usize = 10_000;
const MAX_DEPTH: usize = 16;

/// Maximum number of datasets with three axes whose chunks are read to sort them by position.
const MAX_SORTED: usize = 100;

/// Maximum number of links followed to a target, and of other files.
const MAX_HOPS: usize = 16;
const MAX_FILES: usize = 64;

/// The datasets of a file.
pub(in crate::io) struct Contents {
    /// In the order of their samples; includes those that cannot be read.
    pub(in crate::io) datasets: Vec<Dataset>,
    /// The attributes of the file.
    pub(in crate::io) attributes: Attributes,
    file: Arc<Hdf5File>,
    follower: Follower,
}

/// An object of a file.
type ObjectAddress = (Arc<Hdf5File>, u64);

/// Reads the contents of a file. Unreadable parts are recorded, and the rest is read.
pub(in crate::io) fn contents(path: &Path) -> Result<Contents> {
    let file = header::open(path)?;
    let messages = header::read(&file, file.root)?;
    let mut tree_walk = TreeWalk::new(&file);
    let root = (file.clone(), file.root);
    tree_walk.seen.insert(
        (Arc::as_ptr(&file) as usize, file.root),
        VisitedObject::Other,
    );
    tree_walk.group(root, "", 0, &messages);
    while let Some((object_address, name, target)) = tree_walk.later.pop_front() {
        tree_walk.follow(&object_address, name, &target);
    }
    if tree_walk.objects > MAX_OBJECTS {
        task::warn(&format!(
            "`{}` has more than {MAX_OBJECTS} groups and datasets: the others are ignored",
            path.display()
        ));
    }
    let mut datasets = tree_walk.datasets;
    let is_video = |dataset: &&Dataset| dataset.shape.len() > 2 && !dataset.is_alias;
    if (2..=MAX_SORTED).contains(&datasets.iter().filter(is_video).count()) {
        datasets.sort_by_cached_key(|dataset| dataset.position(&file));
    }
    Ok(Contents {
        datasets,
        attributes: attribute::of(&file, &messages),
        follower: tree_walk.follower,
        file,
    })
}

impl Contents {
    /// The dataset at a path, which may contain links; an error if there is none.
    pub(in crate::io) fn find(&mut self, path: &str) -> Result<Dataset> {
        let (file, address) = self.resolve(path)?;
        match read_object(&file, address)? {
            Object::Dataset(messages) => Ok(Dataset::new(path.into(), &file, address, &messages)),
            Object::Group(_) => bail!("`{path}` is a group"),
            Object::Other => bail!("`{path}` is not a dataset"),
        }
    }

    /// The attributes of a group; empty if it cannot be read.
    pub(super) fn attributes_of(&mut self, path: &str) -> Attributes {
        let attributes = self.resolve(path).and_then(|(file, address)| {
            let messages = header::read(&file, address)?;
            Ok(attribute::of(&file, &messages))
        });
        attributes.unwrap_or_default()
    }

    /// The names in a group; empty if it cannot be read.
    pub(super) fn names(&mut self, path: &str) -> Vec<String> {
        let links = self
            .resolve(path)
            .and_then(|group| self.follower.links(&group));
        let links = links.iter().flat_map(|links| &links.all);
        links.map(|link| link.name.clone()).collect()
    }

    /// The dataset that a reference points to, or those of the referenced group, under a name.
    pub(in crate::io) fn referred(&self, address: u64, name: &str) -> Vec<Dataset> {
        let mut tree_walk = TreeWalk::new(&self.file);
        if let Some(messages) = tree_walk.meet(&self.file, address, name) {
            tree_walk.group((self.file.clone(), address), name, 0, &messages);
        }
        tree_walk.datasets
    }

    fn resolve(&mut self, path: &str) -> Result<ObjectAddress> {
        let root = (self.file.clone(), self.file.root);
        self.follower.resolve(&root, path, MAX_HOPS)
    }
}

/// The type of an object, with its messages.
enum Object {
    Group(Vec<Message>),
    Dataset(Vec<Message>),
    Other,
}

fn read_object(file: &Hdf5File, address: u64) -> Result<Object> {
    let messages = header::read(file, address)?;
    let is_dataset = messages.iter().any(|m| m.kind == kind::LAYOUT);
    Ok(match links::is_group(&messages) {
        true => Object::Group(messages),
        false if is_dataset => Object::Dataset(messages),
        false => Object::Other,
    })
}

/// The type of an object that was visited.
#[derive(Clone, Copy, PartialEq)]
enum VisitedObject {
    Dataset,
    Other,
}

/// State of the traversal of a file's groups.
struct TreeWalk {
    follower: Follower,
    datasets: Vec<Dataset>,
    /// Visited objects.
    seen: HashMap<(usize, u64), VisitedObject>,
    /// Links to follow after everything else: the group, the name and the target.
    later: VecDeque<(ObjectAddress, String, LinkTarget)>,
    objects: usize,
}

impl TreeWalk {
    fn new(file: &Arc<Hdf5File>) -> Self {
        Self {
            follower: Follower::new(file),
            datasets: Vec::new(),
            seen: HashMap::new(),
            later: VecDeque::new(),
            objects: 0,
        }
    }

    /// Records a dataset; returns the messages of a group, if it was not visited before.
    fn meet(&mut self, file: &Arc<Hdf5File>, address: u64, name: &str) -> Option<Vec<Message>> {
        self.objects += 1;
        if self.objects > MAX_OBJECTS {
            return None;
        }
        let id = (Arc::as_ptr(file) as usize, address);
        let is_visited = self.seen.get(&id).copied();
        if is_visited == Some(VisitedObject::Other) {
            return None;
        }
        let (known, group) = match read_object(file, address) {
            Ok(Object::Group(messages)) => (VisitedObject::Other, Some(messages)),
            Ok(Object::Dataset(messages)) => {
                let mut dataset = Dataset::new(name.into(), file, address, &messages);
                dataset.is_alias = is_visited.is_some();
                self.datasets.push(dataset);
                (VisitedObject::Dataset, None)
            }
            Ok(Object::Other) => (VisitedObject::Other, None),
            Err(error) => {
                self.datasets
                    .push(Dataset::failed(name, "unreadable", error));
                (VisitedObject::Other, None)
            }
        };
        self.seen.insert(id, known);
        group
    }

    fn group(
        &mut self,
        (file, address): ObjectAddress,
        name: &str,
        depth: usize,
        messages: &[Message],
    ) {
        let found = links::of(&file, messages);
        if let Some(error) = found.failure {
            let name = if name.is_empty() { "/" } else { name };
            let failed = Dataset::failed(name, "partly unreadable group", error);
            self.datasets.push(failed);
        }
        // Datasets come before those of the sibling groups.
        let mut groups = Vec::new();
        for link in found.all {
            let path = match name {
                "" => link.name.clone(),
                name => format!("{name}/{}", link.name),
            };
            match link.target {
                LinkTarget::Object(inner) => {
                    let group = self.meet(&file, inner, &path);
                    // MATLAB stores what cells and objects refer to in such groups.
                    let group = group.filter(|_| !link.name.starts_with('#'));
                    groups.extend(group.map(|messages| (inner, path, messages)));
                }
                LinkTarget::Path(_) | LinkTarget::External { .. } => {
                    self.objects += 1;
                    if self.objects <= MAX_OBJECTS {
                        let group = (file.clone(), address);
                        self.later.push_back((group, path, link.target));
                    }
                }
                LinkTarget::Unknown => {}
            }
        }
        if depth < MAX_DEPTH {
            for (inner, path, messages) in groups {
                self.group((file.clone(), inner), &path, depth + 1, &messages);
            }
        }
    }

    /// Records the target of a link, unless it is known by another name.
    fn follow(&mut self, object_address: &ObjectAddress, name: String, target: &LinkTarget) {
        match self.follower.follow(object_address, target, MAX_HOPS) {
            Ok((file, address)) => {
                let depth = name.matches('/').count();
                if let Some(messages) = self.meet(&file, address, &name) {
                    self.group((file, address), &name, depth, &messages);
                }
            }
            Err(error) => {
                let error = match target {
                    LinkTarget::Path(path) => {
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
    /// The file and others by identity; they are kept open, so that addresses stay unique.
    files: HashMap<PathBuf, Result<Arc<Hdf5File>>>,
    groups: HashMap<(usize, u64), Arc<Links>>,
}

impl Follower {
    fn new(file: &Arc<Hdf5File>) -> Self {
        let path = external::identity(file.source.path());
        Self {
            files: HashMap::from([(path, Ok(file.clone()))]),
            groups: HashMap::new(),
        }
    }

    /// The object at a path relative to a group.
    fn resolve(&mut self, from: &ObjectAddress, path: &str, hops: usize) -> Result<ObjectAddress> {
        let mut object_address = match path.starts_with('/') {
            true => (from.0.clone(), from.0.root),
            false => from.clone(),
        };
        let parts = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        for part in parts {
            let links = self.links(&object_address)?;
            let Some(link) = links.find(part) else {
                if let Some(error) = &links.failure {
                    return Err(error.clone());
                }
                bail!("there is no `{part}` there");
            };
            object_address = self.follow(&object_address, &link.target, hops)?;
        }
        Ok(object_address)
    }

    /// The object that a link of a group points to.
    fn follow(
        &mut self,
        group: &ObjectAddress,
        target: &LinkTarget,
        hops: usize,
    ) -> Result<ObjectAddress> {
        let Some(hops) = hops.checked_sub(1) else {
            bail!("its links form a cycle");
        };
        match target {
            LinkTarget::Object(address) => Ok((group.0.clone(), *address)),
            LinkTarget::Path(path) => self.resolve(group, path, hops),
            LinkTarget::External { file, path } => {
                let other = self.open(group.0.source.path(), file)?;
                let root = (other.clone(), other.root);
                self.resolve(&root, path, hops).map_err(|error| {
                    Error::new(format!("it links to `{path}` of `{file}`, but {error}"))
                })
            }
            LinkTarget::Unknown => bail!("it is a link of an unknown kind"),
        }
    }

    fn open(&mut self, owner: &Path, name: &str) -> Result<Arc<Hdf5File>> {
        let path = external::external_file(owner, name)?;
        let key = external::identity(&path);
        if let Some(file) = self.files.get(&key) {
            return file.clone();
        }
        if self.files.len() == MAX_FILES {
            bail!("it has links to more than {MAX_FILES} other files");
        }
        let opened = header::open(&path);
        self.files.insert(key, opened.clone());
        opened
    }

    fn links(&mut self, (file, address): &ObjectAddress) -> Result<Arc<Links>> {
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
