export { type Places, type ResolvedImage, resolveImage } from './catalogue.ts';
export { fullName } from './reference.ts';
export { addImage, listImages, removeImage, type UserImage } from './user-images.ts';
